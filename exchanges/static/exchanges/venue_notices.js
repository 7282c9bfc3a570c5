/** Venues that are not asked for a while: a line for each, which goes when its time is over. */

import { createRepaint } from "../fillwatch/repaint.js";
import { isUnanswered } from "../fillwatch/retry.js";
import { formatClock } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";

const nameVenue = ({ label, market, simulated }) => `${label} ${market}${simulated ? " (sim)" : ""}`;

/** The line about a venue; empty when it may be asked, or when the time that it named is over. */
export function describeVenue(state, now) {
  const isOver = !state.until || Date.parse(state.until) <= now;
  if (state.state === "frozen" && !isOver) {
    const words = { venue: nameVenue(state), time: formatClock(state.until) };
    return translate("%(venue)s asks everybody to wait until %(time)s. Until then nothing is sent there: open orders stay, unchecked, and new orders, cancellations and bots wait.", words);
  }
  if (state.state === "resting") {
    const words = { venue: nameVenue(state), time: isOver ? "" : formatClock(state.until) };
    return isOver
      ? translate("%(venue)s does not answer; it is being tried again. Its data here may be old until then.", words)
      : translate("%(venue)s does not answer; it is tried again at %(time)s. Its data here may be old until then.", words);
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

const FIRST_LOOK_MS = 2000;

/**
 * Begins with what the server has painted, follows the stream, and asks again at each connection:
 * a ban may begin between the server's page and the first one, and is told once. After the first
 * connection it asks a moment later, when the page has what it needs.
 */
export function showVenueNotices(stream) {
  const notices = new VenueNotices(document.getElementById("waiting"));
  notices.replaceStates(JSON.parse(document.getElementById("waiting-data").textContent));
  let told = 0;
  stream.on("venue_state", (state) => {
    told += 1;
    notices.updateState(state);
  });
  const refresh = createRepaint(async () => {
    const before = told;
    const response = await fetch("/api/v1/venues/?mine=true").catch(() => null);
    if (isUnanswered(response)) return false;
    if (!response.ok) return true;
    const states = await response.json();
    if (told !== before) return false; // the answer may be older than what was told meanwhile
    notices.replaceStates(states);
    return true;
  }, 0);
  let isFirst = true;
  stream.on("live", () => {
    if (isFirst) setTimeout(refresh, FIRST_LOOK_MS);
    else refresh();
    isFirst = false;
  });
  setInterval(() => notices.paint(), 1000);
}
