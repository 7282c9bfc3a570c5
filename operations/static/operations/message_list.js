/** The page of messages follows what the header's bell receives. */

import { showConnectionState } from "../fillwatch/connection_state.js";
import { fetchPage } from "../fillwatch/server.js";
import { formatMinutes, isSameDay, showClockTimes } from "../fillwatch/time.js";
import { stream } from "./header_bell.js";

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const root = document.getElementById("messages");

/** The time of today, or the day as well. */
function formatSent(value) {
  const clock = formatMinutes(value);
  return isSameDay(value, Date.now()) ? clock : `${DAY.format(new Date(value))}, ${clock}`;
}

async function paint() {
  const freshRoot = (await fetchPage())?.getElementById("messages");
  if (!freshRoot) return;
  root.replaceChildren(...freshRoot.childNodes);
  showClockTimes(root, formatSent);
}

document.addEventListener("messages", paint);
showClockTimes(root, formatSent);
showConnectionState(stream, {
  dot: document.getElementById("dot"),
  notice: document.getElementById("notlive"),
});
