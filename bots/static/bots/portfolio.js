/** The portfolio follows its fills and balances: the server paints again what has changed. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { startLineCharts } from "../fillwatch/line_charts.js";
import { connectPage, createPriceWatch } from "../fillwatch/live_page.js";
import { createRareRepaint } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { showAges, startServerClock } from "../fillwatch/time.js";

const BURST_MS = 4000; // a burst of fills is one request
const PRICE_MS = 15_000; // prices change all the time: values follow more slowly
const FIRST_PRICE_MS = 2000; // of a currency that had none yet
const UNWATCHED_MS = 60_000; // no event says that a price of an instrument nobody trades changed
const FOCUSABLE = "a, select, summary, [tabindex]";
const TYPES = ["pnl_update", "balance_update", "position_update", "bot_update", "bot_deleted", "key_update"];
const root = document.getElementById("portfolio");
const now = startServerClock(root.dataset.now);
const repaint = createRareRepaint(paint, BURST_MS);

async function paint() {
  const page = await fetchPage();
  if (!page) return false;
  const freshRoot = page.getElementById("portfolio");
  if (!freshRoot) return true; // signed out
  const parts = [...root.querySelectorAll("[data-live]")];
  const freshParts = [...freshRoot.querySelectorAll("[data-live]")];
  if (describeKinds(parts) !== describeKinds(freshParts)) return location.reload(); // the first fill brings filters
  for (const [index, part] of parts.entries()) {
    const focusIndex = [...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    keepOpened(part, freshParts[index]);
    part.replaceChildren(...freshParts[index].childNodes);
    part.querySelectorAll(FOCUSABLE)[focusIndex]?.focus({ preventScroll: true });
  }
  await lineCharts.then(({ update }) => update());
  showAges(root, now);
  watchInstruments(freshRoot.dataset.instruments);
  return true;
}

function keepOpened(part, freshPart) {
  const opened = [...part.querySelectorAll("details")].map((details) => details.open);
  for (const [index, details] of [...freshPart.querySelectorAll("details")].entries()) details.open = opened[index];
}

const describeKinds = (parts) => parts.map((part) => part.dataset.live + part.tagName + part.className).join();

const lineCharts = startLineCharts(root, root.dataset.library);
const { stream } = connectPage(root, { topics: ["balances", "positions", "bots", "keys"] });
for (const type of [...TYPES, "key_deleted", "snapshot"]) stream.on(type, () => repaint());

const watchPrices = createPriceWatch(stream, 5000);
const watchInstruments = (names) => watchPrices(names.split(" ").filter(Boolean));

watchInstruments(root.dataset.instruments);
showAges(root, now);
setInterval(() => showAges(root, now), 1000);
setInterval(() => repaint(), UNWATCHED_MS);
setInterval(() => root.querySelector("[data-awaited]") && repaint(), BURST_MS);
stream.on("price_update", () => repaint(root.querySelector("[data-awaited]") ? FIRST_PRICE_MS : PRICE_MS));
root.addEventListener("change", (event) => event.target.closest("form.filters")?.requestSubmit());
showVenueNotices(stream);
