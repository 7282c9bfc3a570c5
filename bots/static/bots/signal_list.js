/** The signals page follows its signals: the server paints, rows that are the same are left alone. */

import { showFlash } from "../fillwatch/flash.js";
import { connectPage } from "../fillwatch/live_page.js";
import { createRepaint, highlightChange } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { formatClock, formatDay, isSameDay, setText, showClockTimes, startServerClock } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";

const PAUSE_MS = 250; // a burst of signals is painted once
const SOON_MS = 60_000;
const root = document.getElementById("signals");
const list = document.getElementById("list");
const now = startServerClock(root.dataset.now);
const repaint = createRepaint(paint, PAUSE_MS);

/** How long a signal still waits; the last minute counts in seconds. */
function describeExpiry(until, time) {
  const seconds = Math.max(0, Math.round((Date.parse(until) - time) / 1000));
  if (!seconds) return ` · ${translate("expires now")}`;
  const minutes = Math.ceil(seconds / 60);
  const text =
    seconds < 60
      ? translate("expires in %(count)s s", { count: seconds })
      : translate("expires in %(count)s min", { count: minutes });
  return ` · ${text}`;
}

/** Shows today's times by the clock, others with their day. */
function showReceivedTimes(root) {
  for (const time of root.querySelectorAll("time[data-when]")) {
    const at = new Date(time.dateTime);
    time.textContent = (isSameDay(at, now()) ? "" : `${formatDay(at)} `) + formatClock(at);
  }
}

function showExpiries() {
  for (const span of list.querySelectorAll("[data-until]")) {
    setText(span, describeExpiry(span.dataset.until, now()));
    span.classList.toggle("stale", Date.parse(span.dataset.until) - now() < SOON_MS);
  }
}

/** Rows stay, with what was chosen in them, unless their signal has changed. */
function updateRows(freshList) {
  const oldById = new Map([...list.children].map((row) => [row.id, row]));
  const rows = [...freshList.children].map((row) => {
    const old = oldById.get(row.id);
    return old?.dataset.state === row.dataset.state ? old : row;
  });
  showReceivedTimes(freshList);
  for (const row of oldById.values()) if (!rows.includes(row)) row.remove();
  for (const [index, row] of rows.entries()) {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null); // others keep the focus
    if (oldById.get(row.id) !== row) highlightChange(row);
  }
}

/** Filters and the empty page's text come and go with the rows. */
function updateSurroundings(page) {
  const empty = page.getElementById("empty");
  document.getElementById("empty")?.remove();
  if (empty) document.querySelector(".came").append(empty);
  if (!document.getElementById("filters")) {
    const filters = page.getElementById("filters");
    if (filters) root.querySelector(".came > header").append(filters);
  }
  for (const id of ["heard", "opened"]) {
    const paragraph = page.getElementById(id);
    showClockTimes(paragraph);
    showReceivedTimes(paragraph);
    document.getElementById(id).replaceWith(paragraph);
  }
}

async function paint() {
  const page = await fetchPage(`/signals/${location.search}`);
  if (!page) return false;
  if (!page.getElementById("list")) return true; // signed out
  updateRows(page.getElementById("list"));
  updateSurroundings(page);
  showExpiries();
  return true;
}

async function copyText(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    showFlash(translate("Copied"));
  } catch {
    const text = translate("This browser does not allow it here. Select the text instead.");
    showFlash(translate("Not copied"), text, { kind: "warning" });
  }
}

const { stream } = connectPage(root, { topics: ["signals", "bots"] });
for (const type of ["signal", "bot_created", "bot_update", "bot_deleted", "snapshot"]) {
  stream.on(type, () => repaint());
}
for (const button of root.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copyText(button));
}
root.addEventListener("change", (event) => event.target.closest("#filters")?.requestSubmit());
showClockTimes(root);
showReceivedTimes(root);
showExpiries();
setInterval(showExpiries, 1000);
