/** The page of messages follows what the header's bell receives. */

import { showConnectionState } from "../fillwatch/connection_state.js";
import { createRepaint } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { formatMinutes, isSameDay, showClockTimes } from "../fillwatch/time.js";
import { stream } from "./header_bell.js";

const DAY = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", year: "numeric" });
const root = document.getElementById("messages");

/** The time of today, or the day as well. */
function formatSent(value) {
  const clock = formatMinutes(value);
  return isSameDay(value, Date.now()) ? clock : `${DAY.format(new Date(value))}, ${clock}`;
}

async function paint() {
  const page = await fetchPage();
  if (!page) return false;
  const freshRoot = page.getElementById("messages");
  if (!freshRoot) return true; // signed out
  root.replaceChildren(...freshRoot.childNodes);
  showClockTimes(root, formatSent);
  return true;
}

const repaint = createRepaint(paint, 0);
document.addEventListener("messages", () => repaint());
showClockTimes(root, formatSent);
showConnectionState(stream, {
  dot: document.getElementById("dot"),
  notice: document.getElementById("notlive"),
});
