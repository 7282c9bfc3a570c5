/** The page of messages follows what is told; header_bell.js says when. */

import { showLive } from "../fillwatch/connection_state.js";
import { stream } from "./header_bell.js";

const two = (value) => String(value).padStart(2, "0");
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** By the reader's own clock: the time of today, or the day as well. */
export function when(at, now = new Date()) {
  const time = new Date(at);
  const clock = [time.getHours(), time.getMinutes()].map(two).join(":");
  return time.toDateString() === now.toDateString() ? clock : `${day.format(time)}, ${clock}`;
}

const place = document.getElementById("messages");

function localTimes() {
  for (const time of place.querySelectorAll("time[data-clock]")) time.textContent = when(time.dateTime);
}

async function paint() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.getElementById("messages").childNodes);
  localTimes();
}

document.addEventListener("messages", paint);
localTimes();
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
