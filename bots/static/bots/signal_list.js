/** The signals page follows its signals: the server paints, rows that are the same are left alone. */

import { showLive } from "../fillwatch/connection_state.js";
import { toast } from "../fillwatch/flash.js";
import { AGAIN, fresh } from "../fillwatch/server.js";
import { clock, localTimes } from "../fillwatch/time.js";
import { serverClock } from "../orders/check_ages.js";
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
function renew(painted) {
  const before = new Map([...list.children].map((row) => [row.id, row]));
  const rows = [...painted.children].map((row) => {
    const old = before.get(row.id);
    return old?.dataset.state === row.dataset.state ? old : row;
  });
  showTimes(painted);
  for (const row of before.values()) if (!rows.includes(row)) row.remove();
  for (const [n, row] of rows.entries()) {
    if (list.children[n] !== row) list.insertBefore(row, list.children[n] ?? null); // others keep the focus
  }
  if (calm.matches) return;
  for (const row of rows) {
    if (before.get(row.id) !== row) row.animate([{ backgroundColor: "var(--changed)" }, {}], FADE);
  }
}

/** Filters and the empty page's words come and go with the rows; what was heard and opened goes on. */
function renewAround(page) {
  const empty = page.getElementById("empty");
  document.getElementById("empty")?.remove();
  if (empty) document.querySelector(".came").append(empty);
  if (!document.getElementById("filters")) {
    const filters = page.getElementById("filters");
    if (filters) place.querySelector(".came > header").append(filters);
  }
  for (const id of ["heard", "opened"]) {
    const words = page.getElementById(id);
    localTimes(words);
    showTimes(words);
    document.getElementById(id).replaceWith(words);
  }
}

async function paint() {
  const page = await fresh(`/signals/${location.search}`);
  if (!page) return soon(AGAIN);
  if (!page.getElementById("list")) return; // signed out
  renew(page.getElementById("list"));
  renewAround(page);
  showAges();
}

let due = 0;
let painting = Promise.resolve();
function soon(pause = PAUSE) {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    painting = painting.then(paint); // one after the other: an older answer never comes last
  }, pause);
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
  stream.on(type, () => soon());
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
