/** Timers by name: setting one again replaces it, and all can be ended together. */

export class Timers {
  #running = new Map();

  constructor({ setTimeout, clearTimeout }) {
    this.setTimeout = setTimeout;
    this.clearTimeout = clearTimeout;
  }

  set(name, delay, run) {
    this.clear(name);
    const id = this.setTimeout(() => {
      this.#running.delete(name);
      run();
    }, delay);
    this.#running.set(name, id);
  }

  has(name) {
    return this.#running.has(name);
  }

  clear(...names) {
    for (const name of names) {
      if (!this.#running.has(name)) continue;
      this.clearTimeout(this.#running.get(name));
      this.#running.delete(name);
    }
  }

  clearAll() {
    this.clear(...this.#running.keys());
  }
}
