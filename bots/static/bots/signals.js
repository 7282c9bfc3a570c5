/** The signals page follows its signals: the server paints, rows that are the same are left alone. */

import { showLive } from "../fillwatch/live.js";
import { toast } from "../fillwatch/toast.js";
import { clock, localTimes } from "../exchanges/times.js";
import { serverClock } from "../orders/ages.js";
import { connect } from "../realtime/client.js";

const PAUSE = 250; // a burst of signals is painted once
const FADE = { duration: 1200, easing: "ease-out" };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const place = document.getElementById("signals");
const list = document.getElementById("list");
const { epoch, seq, now: then } = place.dataset;
const now = serverClock(then);

/** How long a signal still waits; the last minute is told in seconds. */
export function left(until, time) {
  const seconds = Math.max(0, Math.round((Date.parse(until) - time) / 1000));
  if (!seconds) return " · expires now";
  return seconds < 60 ? ` · expires in ${seconds} s` : ` · expires in ${Math.ceil(seconds / 60)} min`;
}

/** Today's by the clock, others with their day. */
function showTimes(where) {
  const today = new Date(now()).toDateString();
  for (const time of where.querySelectorAll("time[data-when]")) {
    const at = new Date(time.dateTime);
    const day = { month: "short", day: "numeric" };
    const words = at.toDateString() === today ? "" : `${at.toLocaleDateString("en", day)} `;
    time.textContent = words + clock(at);
  }
}

function showAges() {
  for (const span of list.querySelectorAll("[data-until]")) {
    const words = left(span.dataset.until, now());
    if (span.textContent !== words) span.textContent = words;
    span.classList.toggle("late", Date.parse(span.dataset.until) - now() < 60_000);
  }
}

/** Rows stay as they are, with what was chosen in them, unless something of theirs has changed. */
function renew(fresh) {
  const before = new Map([...list.children].map((row) => [row.id, row]));
  const rows = [...fresh.children].map((row) => {
    const old = before.get(row.id);
    return old?.dataset.state === row.dataset.state ? old : row;
  });
  showTimes(fresh);
  list.replaceChildren(...rows);
  if (calm.matches) return;
  for (const row of rows) {
    if (before.get(row.id) !== row) row.animate([{ backgroundColor: "var(--changed)" }, {}], FADE);
  }
}

/** Filters and the empty page's words come and go with the rows. */
function renewAround(page) {
  for (const [id, inside] of [["empty", ".came"]]) {
    document.getElementById(id)?.remove();
    const fresh = page.getElementById(id);
    if (fresh) document.querySelector(inside).append(fresh);
  }
  if (!document.getElementById("filters")) {
    const fresh = page.getElementById("filters");
    if (fresh) place.querySelector(".came > header").append(fresh);
  }
}

async function paint() {
  const answer = await fetch(`/signals/${location.search}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  renew(page.getElementById("list"));
  renewAround(page);
  showAges();
}

let due = 0;
let painting = Promise.resolve();
function soon() {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    painting = painting.then(paint); // one after the other: an older answer never comes last
  }, PAUSE);
}

async function copy(button) {
  const from = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    toast("Copied");
  } catch {
    toast("Not copied", "This browser does not allow it here. Select the text instead.", { kind: "warning" });
  }
}

const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["signals", "bots"],
});
for (const type of ["signal", "bot_created", "bot_update", "bot_deleted", "snapshot"]) {
  stream.on(type, soon);
}
for (const button of place.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
place.addEventListener("change", (event) => event.target.closest("#filters")?.requestSubmit());
localTimes(place);
showTimes(place);
showAges();
setInterval(showAges, 1000);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
