/** One bot's page follows it: its mode, its orders with their reasons, what it earns, what it did. */

import { showWaiting } from "../exchanges/venue_notices.js";
import { showLive } from "../fillwatch/connection_state.js";
import { connect } from "../realtime/client.js";
import { ask } from "../fillwatch/dialog.js";
import { living } from "../fillwatch/live_page.js";
import { tell } from "./bot_messages.js";

const PRICED = 5000; // what is held is priced anew so often at most
const page = living(document.getElementById("living"));
const { epoch, seq, bot, instrument } = page.root.dataset;
const mine = Number(bot);
const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["bots", "orders", "logs", "keys"],
});

const { mode } = document.querySelector("#head [data-mode]").dataset;
tell(stream, new Map([[mine, mode]]), (id) => id === mine);
stream.on("bot_update", ({ id }) => id === mine && page.soon());
for (const type of ["pnl_update", "order_update", "order_filled", "log_created"]) {
  stream.on(type, (data) => data.bot === mine && page.soon());
}
stream.on("bot_deleted", ({ id }) => id === mine && location.assign("/bots/"));
for (const type of ["key_update", "snapshot"]) stream.on(type, () => page.soon());
stream.watch([instrument], { topics: ["prices"], intervalMs: PRICED });
stream.on("price_update", () => page.soon(PRICED));
ask(document.getElementById("dialog"), () => page.soon());
showWaiting(stream);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
