/** The numbers at the top: counted by the server, asked for again soon after something changed. */

const QUIET = 400;
const RARELY = 2000;

export class Statistics {
  constructor(place) {
    this.place = place;
    this.last = 0;
    this.planned = false;
    document.addEventListener("visibilitychange", () => this.missed && this.soon());
  }

  /** However many changes come: one question every two seconds, none while nobody looks. */
  soon() {
    this.missed = document.hidden;
    if (this.planned || this.missed) return;
    this.planned = true;
    const wait = Math.max(QUIET, this.last + RARELY - performance.now());
    setTimeout(() => this.ask(), wait);
  }

  async ask() {
    this.planned = false;
    this.last = performance.now();
    try {
      const answer = await fetch("/orders/statistics/", { headers: { "X-Requested-With": "fetch" } });
      if (answer.ok && !answer.redirected) this.place.innerHTML = await answer.text();
    } catch {
      // Asked again with the next change; the dot says that the server is away.
    }
  }
}
