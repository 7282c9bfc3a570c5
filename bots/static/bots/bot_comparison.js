/** Bots compared: their curves in one chart, drawn again when one of them earns. */

import { startLineCharts } from "../fillwatch/line_charts.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";

const { root, repaint } = startParts(document.getElementById("living"));
const { stream } = connectPage(root, { topics: ["bots"] });
for (const type of ["pnl_update", "bot_update", "bot_deleted", "snapshot"]) stream.on(type, () => repaint());

const { update } = await startLineCharts(root, root.dataset.library);
// The page's own repaint replaces the part that holds the data.
new MutationObserver((changes) => {
  if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.id === "curves-data"))) update();
}).observe(root, { childList: true, subtree: true });

/** Only so many bots can be told apart: the others cannot be ticked then. */
const ticks = [...root.querySelectorAll(".choices input")];
function limitTicks() {
  const count = ticks.filter((tick) => tick.checked).length;
  for (const tick of ticks) tick.disabled = !tick.checked && count >= Number(root.dataset.most);
}
root.addEventListener("change", limitTicks);
limitTicks();
