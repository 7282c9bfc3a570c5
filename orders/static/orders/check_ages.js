/** Freshness: the age of each order's last check counts up by itself, and shows when it is late. */

import { formatAge, setText } from "../fillwatch/time.js";
import { OPEN } from "./row_text.js";

/** Paints once a second, and whenever called: ages of rows, and how fresh each venue's answers are. */
export function showCheckAges(table, { now, lateMs, venues }) {
  const checkedByVenue = new Map();
  const paint = () => {
    const time = now();
    for (const [id, row] of table.rows) {
      const order = table.orders.get(id);
      noteCheck(checkedByVenue, order);
      if (OPEN.has(order.status)) paintAge(row, order, time, lateMs);
    }
    const ages = [...checkedByVenue].map(([venue, at]) => `${venue} ${formatAge(at, time)}`);
    setText(venues, ages.join(" · "));
  };
  setInterval(paint, 1000);
  paint();
  return paint;
}

function paintAge(row, order, time, lateMs) {
  const cell = row.querySelector("[data-cell=checked]");
  const at = order.checked_at ?? order.created_at;
  setText(cell, formatAge(order.checked_at, time));
  if (cell.getAttribute("datetime") !== at) cell.setAttribute("datetime", at);
  cell.classList.toggle("stale", time - Date.parse(at) > lateMs);
}

function noteCheck(checkedByVenue, order) {
  if (!order.checked_at) return;
  const name = order.venue[0].toUpperCase() + order.venue.slice(1);
  const venue = order.simulated ? `${name} (sim)` : name;
  if ((checkedByVenue.get(venue) ?? "") < order.checked_at) checkedByVenue.set(venue, order.checked_at);
}
