/** The whole state: read at first, after a reset, and every minute while there is no stream. */

export const FALLBACK = 60_000;

export class SnapshotReader {
  #options;
  #timers;
  #owner;
  #requested = 0;
  #shown = 0; // the number of the last request whose answer was shown

  /** The owner's `showSnapshot(snapshot)` returns whether it was shown. */
  constructor(options, timers, owner) {
    this.#options = options;
    this.#timers = timers;
    this.#owner = owner;
  }

  /** Reads and shows the state. Of two requests the later one counts, whichever is answered first. */
  async read() {
    const number = ++this.#requested;
    const snapshot = await this.#options.snapshot();
    if (number > this.#shown && this.#owner.showSnapshot(snapshot)) this.#shown = number;
  }

  /** Reads the state every minute, until the timer "fallback" is cleared. */
  startFallback() {
    const { snapshot, door } = this.#options;
    if (!snapshot || door === "market" || this.#timers.has("fallback")) return;
    this.#timers.set("fallback", FALLBACK, () => this.#readLater());
  }

  async #readLater() {
    await this.read().catch(() => {}); // the connection state shows it already
    if (this.#owner.isDown()) this.startFallback();
  }
}
