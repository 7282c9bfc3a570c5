/** The page of one market: its price, and a chart with our orders, fills and positions on it. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";
import { writeNumber } from "../fillwatch/numbers.js";
import { summariseDay } from "../fillwatch/price_chart.js";
import { highlightChange } from "../fillwatch/repaint.js";
import { setText } from "../fillwatch/time.js";
import { MarketForm } from "./market_form.js";
import { followLadder } from "./market_ladder.js";
import { comparePrices, computeSpread, describePriceAge } from "./market_prices.js";
import { OrderActions } from "./order_actions.js";
import { OrderChart, fetchCandles } from "./order_chart.js";
import { askToMove, enableMoves } from "./order_moves.js";
import { formatPrice, splitNumber } from "./row_text.js";

const FADE_MS = 450;
const DAY_MS = 120_000; // as long as the server keeps candles of this length
const { root, now, repaint } = startParts(document.getElementById("market"));
const figures = root.querySelector(".figures");
const chartElement = document.getElementById("chart");
const { instrument, places } = figures.dataset;
const chart = new OrderChart(chartElement, { now, move: askToMove });
let day = null;

function showOrder(order) {
  chart.applyOrder(order);
  repaint();
}

function showNumber(name, value) {
  const cell = figures.querySelector(`[data-cell="${name}"]`);
  const spans = [...cell.querySelectorAll(":scope > span:not(.way, .part), .part > span")];
  const parts = splitNumber(value, Number(places));
  if (spans.every((span, index) => span.textContent === parts[index])) return;
  for (const [index, span] of spans.entries()) span.textContent = parts[index];
  if (name === "last") highlightChange(cell, FADE_MS);
}

function showPrice(price) {
  const before = figures.dataset.last;
  figures.dataset.last = price.last;
  if (before && before !== price.last) figures.dataset.way = comparePrices(before, price.last);
  showNumber("last", price.last);
  chart.addPrice(price);
  showDay(price.last);
  showFreshness(price);
}

function showBook(book) {
  showNumber("bid", book.bid);
  showNumber("ask", book.ask);
  showNumber("spread", computeSpread(book.bid, book.ask));
  showFreshness(book);
}

function showFreshness({ at, stale }) {
  if (at >= figures.dataset.at) figures.dataset.at = at;
  figures.toggleAttribute("data-stale", stale);
  showAge();
}

function showAge() {
  const { at } = figures.dataset;
  if (at) setText(figures.querySelector("[data-cell=heard]"), describePriceAge(at, now(), "stale" in figures.dataset));
}

/** How far the price went in 24 hours, with its lowest and highest. */
function showDay(last) {
  if (!day || !last) return;
  const percent = (Number(last) / Number(day.first) - 1) * 100;
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "";
  setText(figures.querySelector("[data-cell=day]"), `${sign}${writeNumber(Math.abs(percent).toFixed(2))} %`);
  const low = Math.min(Number(day.low), Number(last));
  const high = Math.max(Number(day.high), Number(last));
  const range = [low, high].map((value) => formatPrice(value.toFixed(Number(places))));
  setText(figures.querySelector("[data-cell=range]"), range.join(" – "));
}

/** Reads the newest 24 hours. Candles of the chart are too long for it, or do not reach back so far. */
async function readDay() {
  if (document.hidden) return;
  try {
    const address = chartElement.dataset.candles.replace(/interval=\w+$/, "interval=15m");
    const candles = await fetchCandles(address);
    day = summariseDay(candles, now());
    showDay(figures.dataset.last ?? candles.at(-1)?.close);
  } catch {
    // The figures of the day stay as they are; the note below the chart says why.
  }
}

const { stream } = connectPage(root, { topics: ["orders", "positions", "keys"] });
stream.watch([instrument], { topics: ["prices", "books"], intervalMs: 250 });
stream.on("price_update", showPrice);
stream.on("book_update", showBook);
for (const type of ["order_update", "order_filled"]) {
  stream.on(type, (order) => chart.isHere(order) && showOrder(order));
}
stream.on("trade", (fill) => {
  if (!chart.isHere(fill)) return;
  chart.applyFill(fill);
  repaint();
});
stream.on("position_update", (position) => {
  if (!chart.isHere(position)) return;
  chart.applyPosition(position);
  repaint(1000);
});
stream.on("snapshot", () => {
  repaint();
  chart.reloadSoon();
  readDay();
});
setInterval(showAge, 1000);
showAge();
showVenueNotices(stream);
chart.start().finally(readDay); // often it is the same answer, which the server has kept
setInterval(readDay, DAY_MS);
document.addEventListener("visibilitychange", readDay);
new OrderActions({ newest: chart.orders, applyOrder: showOrder }); // sends the form of the dialog
enableMoves(chart);
const place = document.getElementById("place");
const form = place && new MarketForm(place, showOrder);
followLadder(document.getElementById("ladder"), (price) => form?.usePrice(price) ?? false);
