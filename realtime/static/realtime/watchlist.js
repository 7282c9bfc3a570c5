/** What is watched of the markets by several callers, as one wish; and the newest word of each. */

import { TOPICS } from "./topics.js";

const USUAL_MS = 500;
const kinds = (topics) => Object.keys(TOPICS).filter((type) => topics.has(TOPICS[type]));

export class Watches {
  most = 100; // instruments on one socket; its greeting says how many there
  #wishes = new Set();
  #newest = new Map();

  /** Returns the way to end this wish. */
  add(instruments, { topics = ["prices"], intervalMs = USUAL_MS } = {}) {
    const wish = { instruments: new Set(instruments), topics: new Set(topics), intervalMs };
    const all = this.#instruments([...this.#wishes, wish]);
    if (all.size > this.most) throw new RangeError(`at most ${this.most} instruments are watched on one stream`);
    this.#wishes.add(wish);
    return () => {
      this.#wishes.delete(wish);
      this.#forget();
    };
  }

  #instruments(wishes) {
    return new Set(wishes.flatMap((wish) => [...wish.instruments]));
  }

  #forget() {
    const still = this.#instruments([...this.#wishes]);
    for (const [key, { instrument }] of this.#newest) {
      if (!still.has(instrument)) this.#newest.delete(key);
    }
  }

  /** One wish that serves them all: every instrument, every topic, the shortest interval. */
  united() {
    const wishes = [...this.#wishes].filter((wish) => wish.instruments.size);
    if (!wishes.length) return null;
    return {
      instruments: [...this.#instruments(wishes)].sort(),
      topics: [...new Set(wishes.flatMap((wish) => [...wish.topics]))].sort(),
      interval_ms: Math.min(...wishes.map((wish) => wish.intervalMs)),
    };
  }

  keep(type, data) {
    this.#newest.set(`${type} ${data.instrument}`, data);
  }

  newest(type, instrument) {
    return this.#newest.get(`${type} ${instrument}`) ?? null;
  }

  /** What is known already of this wish, as [type, data]. */
  known({ instruments, topics }) {
    const found = [];
    for (const type of kinds(new Set(topics))) {
      for (const instrument of instruments) {
        const data = this.newest(type, instrument);
        if (data) found.push([type, data]);
      }
    }
    return found;
  }
}
