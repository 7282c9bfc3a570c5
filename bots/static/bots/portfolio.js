/** The portfolio follows its fills and balances: the server paints anew what has changed. */

import { showLive } from "../fillwatch/live.js";
import "../fillwatch/toast.js";
import { showWaiting } from "../exchanges/waiting.js";
import { connect } from "../realtime/client.js";

const QUIET = 400;
const RARELY = 4000; // a burst of fills is one question, and the next one comes so much later
const PRICED = 15000; // prices move all the time; what they are worth is told more slowly
const place = document.getElementById("portfolio");
const { epoch, seq } = place.dataset;

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
  const answer = await fetch(location.href).catch(() => null);
  planned = false;
  last = performance.now();
  if (!answer?.ok || answer.redirected) return; // asked again with the next change
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = [...page.querySelectorAll("[data-live]")];
  const shown = [...place.querySelectorAll("[data-live]")];
  const kinds = (parts) => parts.map((part) => part.dataset.live + part.tagName + part.className).join();
  if (kinds(fresh) !== kinds(shown)) return location.reload(); // the first fill brings new filters
  for (const [n, part] of shown.entries()) {
    if (part.contains(document.activeElement)) continue; // somebody reads or sorts here
    part.replaceChildren(...fresh[n].childNodes);
  }
}

const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["balances", "positions", "bots", "keys"],
});
for (const type of ["pnl_update", "balance_update", "position_update", "key_update", "key_deleted", "snapshot"]) {
  stream.on(type, () => soon());
}
const instruments = place.dataset.instruments.split(" ").filter(Boolean);
if (instruments.length) stream.watch(instruments, { topics: ["prices"], intervalMs: 5000 });
stream.on("price_update", () => performance.now() > last + PRICED && soon(PRICED));
document.addEventListener("visibilitychange", () => missed && soon());
place.addEventListener("change", (event) => event.target.closest("form.filters")?.requestSubmit());
showWaiting(stream);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
