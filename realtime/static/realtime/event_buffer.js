/** The newest events of a stream, for tabs that join a little later. */

const MOST = 2_000;

export class EventBuffer {
  epoch = null;
  #events = [];
  #floor = 0; // every event of ours after this number is here
  #head = 0;
  #most;

  constructor(most = MOST) {
    this.#most = most;
  }

  get head() {
    return this.epoch === null ? null : { epoch: this.epoch, seq: this.#head };
  }

  restart({ epoch, seq }) {
    this.epoch = epoch;
    this.#events = [];
    this.#floor = this.#head = seq;
  }

  push(event) {
    this.#events.push(event);
    this.#head = event.seq;
    while (this.#events.length > this.#most) this.#floor = this.#events.shift().seq;
  }

  /** Notes that no event of ours up to this number is missing; the numbers between belong to others. */
  advance(seq) {
    this.#head = Math.max(this.#head, seq);
  }

  /** Returns exactly the events after a position, or null when some are gone and the state must be read. */
  listAfter({ epoch, seq }) {
    if (epoch !== this.epoch || seq < this.#floor) return null;
    return this.#events.filter((event) => event.seq > seq);
  }
}
