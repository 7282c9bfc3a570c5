/** The holdings page follows its keys: the server paints, and what differs fades once. */

import { connectPage } from "../fillwatch/live_page.js";
import { createRepaint, highlightChange } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { showAges, showClockTimes, startServerClock } from "../fillwatch/time.js";
import { showVenueNotices } from "./venue_notices.js";

const PAUSE_MS = 250; // a burst of changes is painted once
const root = document.getElementById("holdings");
const repaint = createRepaint(paint, PAUSE_MS);
const { stream } = connectPage(root, { topics: ["balances", "positions", "keys"] });

const now = startServerClock(root.dataset.now);
showClockTimes(root);
showAges(root, now);
setInterval(() => showAges(root, now), 1000);

/** The text of a cell that fades when it changes: an age always does. */
const readText = (cell) => (cell.querySelector("time[data-age]") ? "" : cell.textContent);

function readTexts() {
  const rows = [...root.querySelectorAll("tr[id]")];
  return new Map(rows.map((row) => [row.id, [...row.cells].map(readText)]));
}

async function paint() {
  const page = await fetchPage(location.pathname);
  if (!page) return false;
  const freshRoot = page.getElementById("holdings");
  if (!freshRoot) return true; // signed out
  const oldTexts = readTexts();
  root.replaceChildren(...freshRoot.childNodes);
  showClockTimes(root);
  showAges(root, now);
  for (const row of root.querySelectorAll("tr[id]")) {
    const texts = oldTexts.get(row.id);
    for (const [index, cell] of [...row.cells].entries()) {
      if (texts?.[index] !== readText(cell)) highlightChange(cell);
    }
  }
  return true;
}

const OF_KEYS = ["key_update", "key_deleted", "key_shared", "key_unshared"];
for (const type of ["balance_update", "position_update", ...OF_KEYS, "snapshot"]) {
  stream.on(type, () => repaint());
}
showVenueNotices(stream);
