/** The markets page: prices change where they stand, and what is old says so. */

import { showLive } from "../fillwatch/connection_state.js";
import "../fillwatch/flash.js";
import { showWaiting } from "../exchanges/venue_notices.js";
import { connect } from "../realtime/client.js";
import { serverClock } from "./check_ages.js";
import { parts } from "./row_text.js";
import { heard, spread, way } from "./market_prices.js";

const KEPT = "fillwatch.markets"; // what was chosen last, for a visit that names nothing
const FADE = { duration: 450, easing: "ease-out" };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const place = document.getElementById("markets");
const { epoch, seq, now: then } = place.dataset;
const now = serverClock(then);
const rows = new Map();
for (const row of place.querySelectorAll("tr[data-instrument]")) rows.set(row.dataset.instrument, row);

function remember() {
  const asked = new URLSearchParams(location.search);
  try {
    if (asked.has("mine")) localStorage.removeItem(KEPT);
    else if ("chosen" in place.dataset) localStorage.setItem(KEPT, JSON.stringify([...rows.keys()]));
    else if (!location.search) return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    // a browser that keeps nothing shows what is traded
  }
  return [];
}

function show(row, name, value, places) {
  const cell = row.querySelector(`[data-cell="${name}"]`);
  const shown = cell.querySelectorAll(":scope > span:not(.way, .part), .part > span");
  const words = parts(value, Number(places));
  const changed = [...shown].some((span, n) => span.textContent !== words[n]);
  if (changed) for (const [n, span] of [...shown].entries()) span.textContent = words[n];
  return changed ? cell : null;
}

function showPrice(data) {
  const row = rows.get(data.instrument);
  if (!row) return;
  const before = row.dataset.last;
  row.dataset.last = data.last;
  const changed = show(row, "last", data.last, row.dataset.places);
  if (changed && before) {
    row.dataset.way = way(before, data.last);
    if (!calm.matches) changed.animate([{ backgroundColor: "var(--changed)" }, {}], FADE);
  }
  showFreshness(row, data);
}

function showBook(data) {
  const row = rows.get(data.instrument);
  if (!row) return;
  const { places, amountPlaces } = row.dataset;
  show(row, "bid", data.bid, places);
  show(row, "ask", data.ask, places);
  show(row, "spread", spread(data.bid, data.ask), places);
  show(row, "bid_quantity", data.bid_quantity, amountPlaces);
  show(row, "ask_quantity", data.ask_quantity, amountPlaces);
  showFreshness(row, data);
}

function showFreshness(row, { at, stale }) {
  if (at >= row.dataset.at) row.dataset.at = at;
  row.toggleAttribute("data-stale", stale);
  showAge(row);
}

function showAge(row) {
  const { at } = row.dataset;
  if (!at) return;
  const time = row.querySelector("[data-cell=heard]");
  const words = heard(at, now(), row.hasAttribute("data-stale"));
  if (time.textContent !== words) time.textContent = words;
  if (time.dateTime === at) return;
  time.dateTime = at;
  time.title = `${at.slice(0, 19).replace("T", " ")} UTC`;
}

const kept = remember();
if (kept.length) {
  location.replace(`?${new URLSearchParams(kept.map((name) => ["i", name]))}`);
}
const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["keys"],
});
if (rows.size) stream.watch([...rows.keys()], { topics: ["prices", "books"], intervalMs: 500 });
stream.on("price_update", showPrice);
stream.on("book_update", showBook);
setInterval(() => rows.forEach(showAge), 1000);
rows.forEach(showAge);
showWaiting(stream);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  document.getElementById("search")?.focus();
});
