/** The page of one order follows it: its terms, its history, its fills, and what can be done now. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { showFlash } from "../fillwatch/flash.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";
import { translate } from "../fillwatch/translate.js";
import { OrderActions, capitalise } from "./order_actions.js";
import { OrderChart } from "./order_chart.js";
import { askToMove, enableMoves } from "./order_moves.js";
import { describeOrder } from "./row_text.js";

const { root, now, repaint } = startParts(document.getElementById("order-page"));
const orderId = Number(root.dataset.order);
const readOrder = () => JSON.parse(document.getElementById("order-data").textContent);

const chartElement = document.getElementById("chart"); // of a market that is not known there is none
const chart = chartElement && new OrderChart(chartElement, { now, move: askToMove });
const { stream } = connectPage(root, { topics: ["orders", "positions", "keys", "bots", "logs"] });

/** What the actions of the table of orders need of a page: here it has one order. */
const actions = new OrderActions({ newest: { get: () => readOrder() }, applyOrder: showOrder });

function showOrder(order) {
  chart?.applyOrder(order);
  if (order.id === orderId) chart?.showAverage(order.average_price);
  repaint();
}

function isOfPage({ id, group }) {
  return id === orderId || (group?.id && group.id === readOrder().group?.id);
}

stream.on("order_update", (order) => {
  if (!isOfPage(order)) return;
  if (order.id === orderId) actions.noteEnd(order);
  showOrder(order);
});
stream.on("order_filled", (order) => {
  if (!isOfPage(order)) return;
  showFlash(translate("Filled"), capitalise(describeOrder(order)), { kind: "filled", href: `/orders/${order.id}/` });
  showOrder(order);
});
stream.on("trade", (fill) => {
  if (fill.order !== orderId && !chart?.data.reasons[fill.order]) return;
  chart?.applyFill(fill);
  repaint();
});
stream.on("position_update", (position) => chart?.isHere(position) && chart.applyPosition(position));
stream.on("log_created", ({ order }) => order === orderId && repaint());
stream.on("orders_checked", ({ orders, checked_at: at }) => {
  const time = document.getElementById("checked");
  if (time && orders.includes(orderId)) time.dateTime = at; // its age counts from here on
});
for (const type of ["bot_update", "bot_deleted", "key_update", "snapshot"]) stream.on(type, () => repaint());
stream.on("snapshot", () => chart?.reloadSoon());
stream.on("key_unshared", () => location.reload()); // this order may not be there any more
showVenueNotices(stream);

enableMoves(chart);
if (chart) {
  chart.start();
  chart.showAverage(readOrder().average_price);
  stream.watch([chart.instrument], { topics: ["prices"], intervalMs: 250 });
  stream.on("price_update", (price) => chart.addPrice(price));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#order-head [data-act=cancel]")) return;
  event.preventDefault();
  actions.cancelOrder(readOrder());
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
  actions.cancelOrder(readOrder());
});
