/** One bot's page follows it: its mode, its orders with their reasons, what it earns, its log. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { enableActions } from "../fillwatch/dialog.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";
import { announceModes } from "./bot_messages.js";

const PRICE_MS = 5000; // a position is valued again this often at most
const { root, repaint } = startParts(document.getElementById("living"));
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
stream.on("price_update", () => repaint(PRICE_MS));
enableActions(document.getElementById("dialog"), () => repaint());
showVenueNotices(stream);
