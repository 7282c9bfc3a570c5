/** The state as a whole: read at first, after a reset, and now and then while there is no stream. */

export const FALLBACK = 60_000;

export class Whole {
  #options;
  #timers;
  #owner;
  #asked = 0;
  #shown = 0; // the last of the asked ones that was shown

  /** The owner may `take(snapshot)`, and says whether it did. */
  constructor(options, timers, owner) {
    this.#options = options;
    this.#timers = timers;
    this.#owner = owner;
  }

  /** Of two, the one that was asked for later counts, whichever comes first. */
  async read() {
    const asked = ++this.#asked;
    const snapshot = await this.#options.snapshot();
    if (asked > this.#shown && this.#owner.take(snapshot)) this.#shown = asked;
  }

  /** From now on it is read instead of heard, until the timer "fallback" is ended. */
  rest() {
    const { snapshot, door } = this.#options;
    if (!snapshot || door === "market" || this.#timers.has("fallback")) return;
    this.#timers.set("fallback", FALLBACK, () => this.#fallBack());
  }

  async #fallBack() {
    await this.read().catch(() => {}); // away altogether: the dot says so already
    if (this.#owner.isDown()) this.rest();
  }
}
