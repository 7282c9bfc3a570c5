/** Venues that are left alone for a while: a line for each, which goes when its time is over. */

import { clock } from "../fillwatch/time.js";

const name = ({ label, market, simulated }) => `${label} ${market}${simulated ? " (sim)" : ""}`;

/** What a line says; nothing when the venue may be asked, or the time that it named is over. */
export function words(state, now) {
  const over = !state.until || Date.parse(state.until) <= now;
  if (state.state === "frozen" && !over) {
    return `${name(state)} asks everybody to wait until ${clock(state.until)}. What is shown of it may be old until then.`;
  }
  if (state.state === "resting") {
    const next = over ? "is being tried again" : `is tried again at ${clock(state.until)}`;
    return `${name(state)} does not answer; it ${next}. What is shown of it may be old until then.`;
  }
  return "";
}

export class Waiting {
  constructor(place, { now = () => Date.now() } = {}) {
    this.place = place;
    this.now = now;
    this.states = new Map();
  }

  replace(states) {
    this.states.clear();
    for (const state of states) this.take(state);
    this.paint();
  }

  take(state) {
    this.states.set(`${state.venue} ${state.market} ${state.simulated}`, state);
    this.paint();
  }

  paint() {
    const now = this.now();
    const lines = [...this.states.values()].map((state) => [state, words(state, now)]).filter(([, line]) => line);
    const text = lines.map(([, line]) => line).join("\n");
    if (this.shown === text) return;
    this.shown = text;
    this.place.replaceChildren(
      ...lines.map(([state, line]) => {
        const paragraph = document.createElement("p");
        paragraph.className = "notlive";
        paragraph.setAttribute("role", "status");
        paragraph.title = [state.until, state.words].filter(Boolean).join(" · ");
        paragraph.textContent = line;
        return paragraph;
      }),
    );
  }
}

/** Begins with what the server has painted; follows the stream; asks again after each gap. */
export function showWaiting(stream) {
  const waiting = new Waiting(document.getElementById("waiting"));
  waiting.replace(JSON.parse(document.getElementById("waiting-data").textContent));
  stream.on("venue_state", (state) => waiting.take(state));
  let painted = true; // the server's page is as fresh as the first connection
  stream.on("live", async () => {
    if (painted) {
      painted = false;
      return;
    }
    const answer = await fetch("/api/v1/venues/?mine=true").catch(() => null);
    if (answer?.ok) waiting.replace(await answer.json());
  });
  setInterval(() => waiting.paint(), 1000);
}
