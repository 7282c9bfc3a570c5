/** Venues that are not asked for a while: a line for each, which goes when its time is over. */

import { formatClock } from "../fillwatch/time.js";

const nameVenue = ({ label, market, simulated }) => `${label} ${market}${simulated ? " (sim)" : ""}`;

/** The line about a venue; empty when it may be asked, or when the time that it named is over. */
export function describeVenue(state, now) {
  const isOver = !state.until || Date.parse(state.until) <= now;
  if (state.state === "frozen" && !isOver) {
    const until = formatClock(state.until);
    return `${nameVenue(state)} asks everybody to wait until ${until}. Its data here may be old until then.`;
  }
  if (state.state === "resting") {
    const next = isOver ? "is being tried again" : `is tried again at ${formatClock(state.until)}`;
    return `${nameVenue(state)} does not answer; it ${next}. Its data here may be old until then.`;
  }
  return "";
}

export class VenueNotices {
  constructor(container, { now = () => Date.now() } = {}) {
    this.container = container;
    this.now = now;
    this.states = new Map();
  }

  replaceStates(states) {
    this.states.clear();
    for (const state of states) this.updateState(state);
    this.paint();
  }

  updateState(state) {
    this.states.set(`${state.venue} ${state.market} ${state.simulated}`, state);
    this.paint();
  }

  paint() {
    const now = this.now();
    const lines = [...this.states.values()]
      .map((state) => [state, describeVenue(state, now)])
      .filter(([, line]) => line);
    const text = lines.map(([, line]) => line).join("\n");
    if (this.shownText === text) return;
    this.shownText = text;
    this.container.replaceChildren(...lines.map(([state, line]) => createNotice(state, line)));
  }
}

function createNotice(state, line) {
  const paragraph = document.createElement("p");
  paragraph.className = "notlive";
  paragraph.setAttribute("role", "status");
  paragraph.title = [state.until, state.words].filter(Boolean).join(" · ");
  paragraph.textContent = line;
  return paragraph;
}

/** Begins with what the server has painted, follows the stream, and asks again after each gap. */
export function showVenueNotices(stream) {
  const notices = new VenueNotices(document.getElementById("waiting"));
  notices.replaceStates(JSON.parse(document.getElementById("waiting-data").textContent));
  stream.on("venue_state", (state) => notices.updateState(state));
  let isFirst = true; // the server's page is as fresh as the first connection
  stream.on("live", async () => {
    if (isFirst) {
      isFirst = false;
      return;
    }
    const response = await fetch("/api/v1/venues/?mine=true").catch(() => null);
    if (response?.ok) notices.replaceStates(await response.json());
  });
  setInterval(() => notices.paint(), 1000);
}
