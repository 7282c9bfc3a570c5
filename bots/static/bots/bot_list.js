/** The bots page follows its bots: their modes, what they earn, their open orders. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { enableActions } from "../fillwatch/dialog.js";
import { connectPage, createPriceWatch, startParts } from "../fillwatch/live_page.js";
import { setText } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";
import { announceModes } from "./bot_messages.js";

const ORDERS_MS = 1000; // orders change more often than bots do
const PRICE_MS = 5000; // positions are valued again this often at most
const MOST_INSTRUMENTS = 50;
const STOPPING_MS = 2000; // while everything is being stopped: what venues confirm is no event
const { root, repaint } = startParts(document.getElementById("living"));
const { stream } = connectPage(root, { topics: ["bots", "orders", "keys"] });

const rows = [...document.querySelectorAll("#rows > tr")];
announceModes(stream, new Map(rows.map((row) => [Number(row.id.slice("bot-".length)), row.dataset.mode])));
for (const type of ["bot_created", "bot_update", "bot_deleted", "snapshot"]) {
  stream.on(type, () => repaint());
}
for (const type of ["pnl_update", "order_update", "order_filled", "key_update"]) {
  stream.on(type, () => repaint(ORDERS_MS));
}
setInterval(() => document.querySelector("[data-under-way]") && repaint(), STOPPING_MS);
enableActions(document.getElementById("dialog"), () => repaint());
showVenueNotices(stream);

// Positions are worth something else with each price

const watchPrices = createPriceWatch(stream, PRICE_MS);

function watchPositions() {
  const positions = [...document.querySelectorAll("#rows [data-instrument]")].slice(0, MOST_INSTRUMENTS);
  watchPrices(positions.map((row) => row.dataset.instrument));
}

stream.on("price_update", () => repaint(PRICE_MS));

document.getElementById("filters").addEventListener("change", (event) => {
  event.currentTarget.requestSubmit();
});

// Ticks

const findTicks = () => [...document.querySelectorAll("#rows [name=id]")];

function showTicked() {
  const all = document.getElementById("all");
  if (!all) return;
  const ticks = findTicks();
  const number = ticks.filter((tick) => tick.checked).length;
  all.hidden = false;
  all.checked = number > 0 && number === ticks.length;
  all.indeterminate = number > 0 && !all.checked;
  document.getElementById("many").hidden = number === 0;
  const text = translate("%(count)s ticked:", { count: number });
  setText(document.getElementById("ticked"), text); // each change runs the observer again
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const tick of findTicks()) tick.checked = event.target.checked;
  if (event.target.closest(".bots")) showTicked();
});

function followRows() {
  showTicked();
  watchPositions();
}

new MutationObserver(followRows).observe(root, { childList: true, subtree: true });
followRows();
