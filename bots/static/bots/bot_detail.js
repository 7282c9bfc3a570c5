/** One bot's page follows it: its mode, its orders with their reasons, what it earns, its log. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { enableActions } from "../fillwatch/dialog.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";
import { OrderChart } from "../orders/order_chart.js";
import { announceModes } from "./bot_messages.js";

const PRICE_MS = 5000; // a position is valued again this often at most
const { root, now, repaint } = startParts(document.getElementById("living"));
const botId = Number(root.dataset.bot);
const { stream } = connectPage(root, { topics: ["bots", "orders", "logs", "keys"] });

const { mode } = document.querySelector("#head [data-mode]").dataset;
announceModes(stream, new Map([[botId, mode]]), (id) => id === botId);
stream.on("bot_update", ({ id }) => id === botId && repaint());
for (const type of ["pnl_update", "order_update", "order_filled", "log_created"]) {
  stream.on(type, ({ bot }) => bot === botId && repaint());
}
stream.on("bot_deleted", ({ id }) => id === botId && location.assign("/bots/"));
for (const type of ["key_update", "snapshot"]) stream.on(type, () => repaint());
stream.watch([root.dataset.instrument], { topics: ["prices"], intervalMs: PRICE_MS });
stream.on("price_update", (price) => {
  chart?.addPrice(price);
  repaint(PRICE_MS);
});

/** Follows the bot's orders and fills on the chart; its lines are the strategy's, so nobody drags them. */
const chartElement = document.getElementById("chart"); // of a market that is not known there is none
const chart = chartElement && new OrderChart(chartElement, { now, move: async () => false });
const showAverage = () => chart?.showAverage(document.querySelector("#head [data-mode]").dataset.average);
stream.on("order_update", (order) => order.bot === botId && chart?.applyOrder(order));
stream.on("trade", (fill) => chart?.data.reasons[fill.order] && chart.applyFill(fill));
stream.on("pnl_update", ({ bot }) => bot === botId && showAverage());
stream.on("snapshot", () => chart?.reloadSoon());
chart?.start().then(showAverage);

enableActions(document.getElementById("dialog"), () => repaint());
showVenueNotices(stream);
