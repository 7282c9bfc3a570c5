/** The page of one market: its price, and a chart with our orders, fills and positions on it. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";
import { createPriceChart, summariseDay } from "../fillwatch/price_chart.js";
import { highlightChange } from "../fillwatch/repaint.js";
import { setText } from "../fillwatch/time.js";
import { comparePrices, computeSpread, describePriceAge } from "./market_prices.js";
import { OPEN, formatPrice, formatQuantity, splitNumber } from "./row_text.js";

const FADE_MS = 450;
const readJson = (id) => JSON.parse(document.getElementById(id).textContent);

const { root, now, repaint } = startParts(document.getElementById("market"));
const figures = root.querySelector(".figures");
const chartElement = document.getElementById("chart");
const note = document.getElementById("chart-note");
const { instrument, places } = figures.dataset;
const data = readJson("market-data");
const symbol = instrument.slice(instrument.indexOf(":") + 1);
const orders = new Map(data.orders.map((order) => [order.id, order]));
const fills = new Map(data.fills.map((fill) => [fill.id, fill]));
const positions = new Map(data.positions.map((position) => [`${position.key} ${position.side}`, position]));
const isHere = (row) => data.keys.includes(row.key) && row.symbol === symbol;
let chart = null;
let day = null;

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
  chart?.addPrice(price.last, price.at);
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
  setText(figures.querySelector("[data-cell=day]"), `${sign}${Math.abs(percent).toFixed(2)} %`);
  const low = Math.min(Number(day.low), Number(last));
  const high = Math.max(Number(day.high), Number(last));
  const range = [low, high].map((value) => formatPrice(value.toFixed(Number(places))));
  setText(figures.querySelector("[data-cell=range]"), range.join(" – "));
}

function describeLine(order) {
  const side = order.side === "buy" ? "▲ Buy" : "▼ Sell";
  return `${side} ${formatQuantity(order.remaining)}${order.price ? "" : ` ${order.type.replaceAll("_", " ")}`}`;
}

function drawLines() {
  if (!chart) return;
  const ofOrders = [...orders.values()].filter((order) => order.price ?? order.trigger_price);
  chart.setLines([
    ...ofOrders.map((order) => ({
      id: `order ${order.id}`,
      price: order.price ?? order.trigger_price,
      title: describeLine(order),
      colour: order.side,
      isDashed: !order.price,
    })),
    ...[...positions.values()].flatMap((position) => [
      { id: `entry ${position.key} ${position.side}`, price: position.entry_price, title: "Entry", colour: "accent" },
      {
        id: `liquidation ${position.key} ${position.side}`,
        price: position.liquidation_price,
        title: "Liquidation",
        colour: "bad",
        isDashed: true,
      },
    ]),
  ].filter((line) => line.price));
}

async function readCandles(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? "The past prices could not be read.");
  return answer.candles;
}

async function startChart() {
  const { library, interval, candles: address } = chartElement.dataset;
  if (!library) {
    setText(note, "The chart's library is not installed here.");
    return;
  }
  setText(note, "Reading past prices …");
  const seconds = readJson("interval-seconds")[interval];
  chart = await createPriceChart(chartElement, { library, places: Number(places), seconds, now });
  try {
    const candles = await readCandles(address);
    chart.setCandles(candles);
    setText(note, candles.length ? "" : "The venue has no past prices of this symbol.");
    day = summariseDay(candles, now());
    if (!day) day = summariseDay(await readCandles(address.replace(/interval=\w+$/, "interval=15m")), now());
    showDay(figures.dataset.last ?? candles.at(-1)?.close);
  } catch (error) {
    setText(note, error.message);
  }
  chart.setFills([...fills.values()]);
  drawLines();
}

const { stream } = connectPage(root, { topics: ["orders", "positions", "keys"] });
stream.watch([instrument], { topics: ["prices", "books"], intervalMs: 250 });
stream.on("price_update", showPrice);
stream.on("book_update", showBook);
stream.on("order_update", (order) => {
  if (!isHere(order)) return;
  if (OPEN.has(order.status)) orders.set(order.id, order);
  else orders.delete(order.id);
  drawLines();
  repaint();
});
stream.on("trade", (fill) => {
  if (!isHere(fill)) return;
  fills.set(fill.id, fill);
  chart?.setFills([...fills.values()]);
  repaint();
});
stream.on("position_update", (position) => {
  if (!isHere(position)) return;
  const name = `${position.key} ${position.side}`;
  if (Number(position.quantity)) positions.set(name, position);
  else positions.delete(name);
  drawLines();
  repaint(1000);
});
stream.on("snapshot", () => location.reload());
setInterval(showAge, 1000);
showAge();
showVenueNotices(stream);
startChart();
