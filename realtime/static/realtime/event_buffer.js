/** The newest events of a stream, as many as are kept, for those who join a little later. */

const MOST = 2_000;

export class Ring {
  epoch = null;
  #events = [];
  #floor = 0; // all after this number is here, as far as it concerns us
  #head = 0;
  #most;

  constructor(most = MOST) {
    this.#most = most;
  }

  get head() {
    return this.epoch === null ? null : { epoch: this.epoch, seq: this.#head };
  }

  begin({ epoch, seq }) {
    this.epoch = epoch;
    this.#events = [];
    this.#floor = this.#head = seq;
  }

  push(event) {
    this.#events.push(event);
    this.#head = event.seq;
    while (this.#events.length > this.#most) this.#floor = this.#events.shift().seq;
  }

  /** Nothing of ours up to here is missing, whatever the numbers between belong to. */
  reach(seq) {
    this.#head = Math.max(this.#head, seq);
  }

  /** Exactly what follows a position, or null: then only a fresh start can help. */
  after({ epoch, seq }) {
    if (epoch !== this.epoch || seq < this.#floor) return null;
    return this.#events.filter((event) => event.seq > seq);
  }
}
