/** The bots page follows its bots: their modes, what they earn, what they have open. */

import { showWaiting } from "../exchanges/venue_notices.js";
import { showLive } from "../fillwatch/connection_state.js";
import { connect } from "../realtime/client.js";
import { ask } from "../fillwatch/dialog.js";
import { living } from "../fillwatch/live_page.js";
import { tell } from "./bot_messages.js";

const CALMER = 1000; // orders change more often than bots do
const PRICED = 5000; // what is held is priced anew so often at most
const MOST = 50; // instruments that are followed
const STILL = 2000; // while everything is being stopped: what venues have shown is no event
const page = living(document.getElementById("living"));
const { epoch, seq } = page.root.dataset;
const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["bots", "orders", "keys"],
});

const shown = [...document.querySelectorAll("#rows > tr")];
tell(stream, new Map(shown.map((row) => [Number(row.id.slice("bot-".length)), row.dataset.mode])));
for (const type of ["bot_created", "bot_update", "bot_deleted", "snapshot"]) {
  stream.on(type, () => page.soon());
}
for (const type of ["pnl_update", "order_update", "order_filled", "key_update"]) {
  stream.on(type, () => page.soon(CALMER));
}
setInterval(() => document.querySelector("[data-under-way]") && page.soon(), STILL);
ask(document.getElementById("dialog"), () => page.soon());
showWaiting(stream);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});

// What bots hold is worth something else with each price

let followed = "";
let unfollow = () => {};

function follow() {
  const held = [...document.querySelectorAll("#rows [data-instrument]")].slice(0, MOST);
  const names = [...new Set(held.map((row) => row.dataset.instrument))].sort();
  if (String(names) === followed) return;
  followed = String(names);
  unfollow();
  unfollow = names.length ? stream.watch(names, { topics: ["prices"], intervalMs: PRICED }) : () => {};
}

stream.on("price_update", () => page.soon(PRICED));

document.getElementById("filters").addEventListener("change", (event) => {
  event.currentTarget.requestSubmit();
});

// Ticks

const ticks = () => [...document.querySelectorAll("#rows [name=id]")];

function count() {
  const all = document.getElementById("all");
  if (!all) return;
  const ticked = ticks().filter((tick) => tick.checked).length;
  all.hidden = false;
  all.checked = ticked > 0 && ticked === ticks().length;
  all.indeterminate = ticked > 0 && !all.checked;
  document.getElementById("many").hidden = ticked === 0;
  const words = document.getElementById("ticked");
  if (words.textContent !== `${ticked} ticked:`) words.textContent = `${ticked} ticked:`; // or it would never end
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const tick of ticks()) tick.checked = event.target.checked;
  if (event.target.closest(".bots")) count();
});

function repainted() {
  count();
  follow();
}

new MutationObserver(repainted).observe(page.root, { childList: true, subtree: true });
repainted();
