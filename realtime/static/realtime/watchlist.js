/** What several callers watch, as one request to the server; and the newest data of each instrument. */

import { TOPICS } from "./topics.js";

const USUAL_MS = 500;
const listTypes = (topics) => Object.keys(TOPICS).filter((type) => topics.has(TOPICS[type]));

export class Watchlist {
  most = 100; // instruments on one socket; its greeting says how many there
  #requests = new Set();
  #newest = new Map();

  /** Returns the way to end this request. */
  addRequest(instruments, { topics = ["prices"], intervalMs = USUAL_MS } = {}) {
    const request = { instruments: new Set(instruments), topics: new Set(topics), intervalMs };
    const all = this.#collectInstruments([...this.#requests, request]);
    if (all.size > this.most) throw new RangeError(`at most ${this.most} instruments are watched on one stream`);
    this.#requests.add(request);
    return () => {
      this.#requests.delete(request);
      this.#dropUnwatched();
    };
  }

  #collectInstruments(requests) {
    return new Set(requests.flatMap((request) => [...request.instruments]));
  }

  #dropUnwatched() {
    const watched = this.#collectInstruments([...this.#requests]);
    for (const [key, { instrument }] of this.#newest) {
      if (!watched.has(instrument)) this.#newest.delete(key);
    }
  }

  /** One request that serves them all: every instrument, every topic, the shortest interval. */
  combine() {
    const requests = [...this.#requests].filter((request) => request.instruments.size);
    if (!requests.length) return null;
    return {
      instruments: [...this.#collectInstruments(requests)].sort(),
      topics: [...new Set(requests.flatMap((request) => [...request.topics]))].sort(),
      interval_ms: Math.min(...requests.map((request) => request.intervalMs)),
    };
  }

  noteNewest(type, data) {
    this.#newest.set(`${type} ${data.instrument}`, data);
  }

  newest(type, instrument) {
    return this.#newest.get(`${type} ${instrument}`) ?? null;
  }

  /** What is known already of this request, as [type, data]. */
  listKnown({ instruments, topics }) {
    const known = [];
    for (const type of listTypes(new Set(topics))) {
      for (const instrument of instruments) {
        const data = this.newest(type, instrument);
        if (data) known.push([type, data]);
      }
    }
    return known;
  }
}
