/** Handlers by event type. An error in one of them must not cost the others the event. */

export class Handlers {
  #byType = new Map();

  /** Calls a handler on every event of a type; "*" is all of them. Returns the function that ends it. */
  on(type, handler, { signal } = {}) {
    if (typeof handler !== "function") throw new TypeError("a handler is a function");
    const entry = { handler };
    const off = () => {
      this.#byType.get(type)?.delete(entry);
      signal?.removeEventListener("abort", off);
    };
    if (signal?.aborted) return off;
    if (!this.#byType.has(type)) this.#byType.set(type, new Set());
    this.#byType.get(type).add(entry);
    signal?.addEventListener("abort", off);
    return off;
  }

  callHandlers(type, data, frame) {
    for (const entry of [...(this.#byType.get(type) ?? [])]) {
      try {
        entry.handler(data, frame);
      } catch (error) {
        globalThis.console.error(error);
      }
    }
  }
}
