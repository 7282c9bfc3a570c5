/** The portfolio follows its fills and balances: the server paints anew what has changed. */

import { showLive } from "../fillwatch/connection_state.js";
import "../fillwatch/flash.js";
import { showWaiting } from "../exchanges/venue_notices.js";
import { serverClock } from "../orders/check_ages.js";
import { connect } from "../realtime/client.js";
import { fresh } from "../fillwatch/server.js";
import { ages } from "../fillwatch/live_page.js";

const QUIET = 400;
const RARELY = 4000; // a burst of fills is one question, and the next one comes so much later
const PRICED = 15000; // prices move all the time; what they are worth is told more slowly
const SELDOM = 60000; // nobody tells of the price of what was never traded here
const place = document.getElementById("portfolio");
const USED = "a, select, [tabindex]";
const { epoch, seq } = place.dataset;
const now = serverClock(place.dataset.now);

let last = -PRICED; // the first price that is heard is news
let planned = false;
let missed = false;

/** None while nobody looks; then one as soon as somebody does. */
function soon(rarely = RARELY) {
  missed = document.hidden;
  if (planned || missed) return;
  planned = true;
  setTimeout(paint, Math.max(QUIET, last + rarely - performance.now()));
}

async function paint() {
  const page = await fresh();
  planned = false;
  last = performance.now();
  if (!page) return soon();
  const whole = page.getElementById("portfolio");
  if (!whole) return; // signed out
  const parts = [...whole.querySelectorAll("[data-live]")];
  const shown = [...place.querySelectorAll("[data-live]")];
  const kinds = (all) => all.map((part) => part.dataset.live + part.tagName + part.className).join();
  if (kinds(parts) !== kinds(shown)) return location.reload(); // the first fill brings new filters
  for (const [n, part] of shown.entries()) {
    const used = [...part.querySelectorAll(USED)].indexOf(document.activeElement);
    part.replaceChildren(...parts[n].childNodes);
    part.querySelectorAll(USED)[used]?.focus({ preventScroll: true });
  }
  ages(place, now);
  follow(whole.dataset.instruments);
}

const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["balances", "positions", "bots", "keys"],
});
const HEARD = ["pnl_update", "balance_update", "position_update", "bot_update", "bot_deleted", "key_update"];
for (const type of [...HEARD, "key_deleted", "snapshot"]) stream.on(type, () => soon());

/** Prices of what is held; what is held changes. */
function follow(names) {
  if (names === followed) return;
  followed = names;
  unfollow();
  const instruments = names.split(" ").filter(Boolean);
  unfollow = instruments.length ? stream.watch(instruments, { topics: ["prices"], intervalMs: 5000 }) : () => {};
}

let followed = "";
let unfollow = () => {};
follow(place.dataset.instruments);
ages(place, now);
setInterval(() => ages(place, now), 1000);
setInterval(() => soon(), SELDOM);
stream.on("price_update", () => performance.now() > last + PRICED && soon(PRICED));
document.addEventListener("visibilitychange", () => missed && soon());
place.addEventListener("change", (event) => event.target.closest("form.filters")?.requestSubmit());
showWaiting(stream);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
