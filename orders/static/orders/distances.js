/** How far open orders are from the market, while that column is shown: prices come once a second. */

import { createPriceWatch } from "../fillwatch/live_page.js";
import { setText } from "../fillwatch/time.js";
import { OPEN, describeDistance } from "./row_text.js";

const PRICE_MS = 1000;
const MOST_WATCHED = 100; // by one socket, as realtime/watchlist.py has it
const nameInstrument = ({ venue, market, simulated, symbol }) =>
  `${venue}.${market}${simulated ? ".paper" : ""}:${symbol}`;

/** Returns the function that looks again which prices are needed, and paints. */
export function showDistances(table, stream) {
  const prices = new Map();
  const watch = createPriceWatch(stream, PRICE_MS);
  let isRequested = false;

  const paint = () => {
    isRequested = false;
    for (const [id, row] of table.rows) {
      const order = table.orders.get(id);
      const last = prices.get(nameInstrument(order));
      if (last) setText(row.querySelector(".distance"), describeDistance(order, last));
    }
  };
  stream.on("price_update", ({ instrument, last, stale }) => {
    prices.set(instrument, stale ? null : last);
    if (isRequested) return;
    isRequested = true;
    requestAnimationFrame(paint);
  });
  return () => {
    const isShown = table.table?.dataset.columns.split(" ").includes("distance");
    const open = isShown ? [...table.orders.values()].filter(({ status }) => OPEN.has(status)) : [];
    watch([...new Set(open.map(nameInstrument))].slice(0, MOST_WATCHED));
    if (isShown) paint();
  };
}
