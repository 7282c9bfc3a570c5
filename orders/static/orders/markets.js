/** The markets page: prices change in their cells, and an old price says that it is old. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { connectPage } from "../fillwatch/live_page.js";
import { highlightChange } from "../fillwatch/repaint.js";
import { fetchPart, postForm, reportFailure } from "../fillwatch/server.js";
import { setText, startServerClock } from "../fillwatch/time.js";
import { comparePrices, computeSpread, describePriceAge } from "./market_prices.js";
import { splitNumber } from "./row_text.js";

const STORAGE_KEY = "fillwatch.markets"; // what was chosen last, for a visit that names nothing
const FADE_MS = 450;
const root = document.getElementById("markets");
const now = startServerClock(root.dataset.now);
const rows = new Map([...root.querySelectorAll("tr[data-instrument]")].map((row) => [row.dataset.instrument, row]));

/** The shown markets but for favourites, which the server adds by itself. */
function listOthers() {
  return [...rows].filter(([, row]) => !("favourite" in row.dataset)).map(([name]) => name);
}

/** Stores what is chosen; returns what was chosen last if this visit names nothing. */
function rememberChoice() {
  const query = new URLSearchParams(location.search);
  try {
    if (query.has("mine")) localStorage.removeItem(STORAGE_KEY);
    else if ("chosen" in root.dataset) localStorage.setItem(STORAGE_KEY, JSON.stringify(listOthers()));
    else if (!location.search) return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? [];
  } catch {
    // A browser without storage shows what is traded.
  }
  return [];
}

/** Shows a number in its cell; returns the cell if it changed. */
function showNumber(row, name, value, decimals) {
  const cell = row.querySelector(`[data-cell="${name}"]`);
  const spans = [...cell.querySelectorAll(":scope > span:not(.way, .part), .part > span")];
  const parts = splitNumber(value, Number(decimals));
  if (spans.every((span, index) => span.textContent === parts[index])) return null;
  for (const [index, span] of spans.entries()) span.textContent = parts[index];
  return cell;
}

function showPrice(price) {
  const row = rows.get(price.instrument);
  if (!row) return;
  const before = row.dataset.last;
  row.dataset.last = price.last;
  const changed = showNumber(row, "last", price.last, row.dataset.places);
  if (changed && before) {
    row.dataset.way = comparePrices(before, price.last);
    highlightChange(changed, FADE_MS);
  }
  showFreshness(row, price);
}

function showBook(book) {
  const row = rows.get(book.instrument);
  if (!row) return;
  const { places, amountPlaces } = row.dataset;
  showNumber(row, "bid", book.bid, places);
  showNumber(row, "ask", book.ask, places);
  showNumber(row, "spread", computeSpread(book.bid, book.ask), places);
  showNumber(row, "bid_quantity", book.bid_quantity, amountPlaces);
  showNumber(row, "ask_quantity", book.ask_quantity, amountPlaces);
  showFreshness(row, book);
}

function showFreshness(row, { at, stale }) {
  if (at >= row.dataset.at) row.dataset.at = at;
  row.toggleAttribute("data-stale", stale);
  showPriceAge(row);
}

function showPriceAge(row) {
  const { at } = row.dataset;
  if (!at) return;
  const time = row.querySelector("[data-cell=heard]");
  setText(time, describePriceAge(at, now(), row.hasAttribute("data-stale")));
  if (time.dateTime === at) return;
  time.dateTime = at;
  time.title = `${at.slice(0, 19).replace("T", " ")} UTC`;
}

const lastChoice = rememberChoice();
if (lastChoice.length) {
  location.replace(`?${new URLSearchParams(lastChoice.map((name) => ["i", name]))}`);
}
const { stream } = connectPage(root, { topics: ["keys"] });
if (rows.size) stream.watch([...rows.keys()], { topics: ["prices", "books"], intervalMs: 500 });
stream.on("price_update", showPrice);
stream.on("book_update", showBook);
setInterval(() => rows.forEach(showPriceAge), 1000);
rows.forEach(showPriceAge);
showVenueNotices(stream);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  document.getElementById("search")?.focus();
});

/** Marks a favourite, or no more, where it stands: it moves when the page is opened next. */
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.matches(".star form")) return;
  event.preventDefault();
  const response = await postForm(form.action, new FormData(form, submitter));
  if (await reportFailure(response)) return;
  const isMarked = submitter.value === "on";
  submitter.value = isMarked ? "off" : "on";
  submitter.setAttribute("aria-pressed", String(isMarked));
  form.closest("tr").toggleAttribute("data-favourite", isMarked);
});

const DAY_MS = 120_000; // as long as the server keeps hourly candles
const RETRY_MS = 4000; // until a worker has read them

/** Asks for the last 24 hours of each row, one after the other; those that are being read, once more. */
async function showDays(isRetry = false) {
  if (document.hidden) return;
  let areAll = true;
  for (const row of rows.values()) {
    const cell = row.querySelector("[data-day]");
    if (isRetry && cell.querySelector("svg")) continue;
    const html = await fetchPart(cell.dataset.day);
    if (html !== null) cell.innerHTML = html;
    areAll &&= cell.querySelector("svg") !== null;
  }
  if (!areAll && !isRetry) setTimeout(() => showDays(true), RETRY_MS);
}

showDays();
setInterval(showDays, DAY_MS);
