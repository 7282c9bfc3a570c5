/** The holdings page follows its keys: the server paints, and what differs fades once. */

import { connectPage } from "../fillwatch/live_page.js";
import { createRepaint, highlightChange } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { showClockTimes } from "../fillwatch/time.js";
import { showVenueNotices } from "./venue_notices.js";

const PAUSE_MS = 250; // a burst of changes is painted once
const root = document.getElementById("holdings");
const repaint = createRepaint(paint, PAUSE_MS);
const { stream } = connectPage(root, { topics: ["balances", "positions", "keys"] });

showClockTimes(root);

function readTexts() {
  const rows = [...root.querySelectorAll("tr[id]")];
  return new Map(rows.map((row) => [row.id, [...row.cells].map((cell) => cell.textContent)]));
}

async function paint() {
  const freshRoot = (await fetchPage(location.pathname))?.getElementById("holdings");
  if (!freshRoot) return;
  const oldTexts = readTexts();
  root.replaceChildren(...freshRoot.childNodes);
  showClockTimes(root);
  for (const row of root.querySelectorAll("tr[id]")) {
    const texts = oldTexts.get(row.id);
    for (const [index, cell] of [...row.cells].entries()) {
      if (texts?.[index] !== cell.textContent) highlightChange(cell);
    }
  }
}

for (const type of ["balance_update", "position_update", "key_update", "key_deleted", "snapshot"]) {
  stream.on(type, () => repaint());
}
showVenueNotices(stream);
