/** Freshness: the age of every order's last check counts up by itself, and says when it is late. */

import { OPEN, age } from "./row_text.js";

/** The server's clock, as far as the page's first answer told it. */
export function serverClock(then) {
  const [navigation] = performance.getEntriesByType("navigation");
  const here = performance.timeOrigin + (navigation?.responseStart ?? performance.now());
  const offset = Date.parse(then) - here;
  return () => Date.now() + offset;
}

/** Once a second, and whenever called: ages of rows, and how fresh each venue's answers are. */
export function showAges(board, { now, late, venues }) {
  const heard = new Map();
  const paint = () => {
    const time = now();
    for (const [id, row] of board.rows) {
      const order = board.orders.get(id);
      hear(heard, order);
      if (OPEN.has(order.status)) paintAge(row, order, time, late);
    }
    paintVenues(venues, heard, time);
  };
  setInterval(paint, 1000);
  paint();
  return paint;
}

function paintAge(row, order, time, late) {
  const place = row.querySelector("[data-cell=checked]");
  const at = order.checked_at ?? order.created_at;
  const words = age(order.checked_at, time);
  if (place.textContent !== words) place.textContent = words;
  if (place.getAttribute("datetime") !== at) place.setAttribute("datetime", at);
  place.classList.toggle("stale", time - Date.parse(at) > late);
}

function hear(heard, order) {
  if (!order.checked_at) return;
  const name = order.venue[0].toUpperCase() + order.venue.slice(1);
  const venue = order.simulated ? `${name} (sim)` : name;
  if ((heard.get(venue) ?? "") < order.checked_at) heard.set(venue, order.checked_at);
}

function paintVenues(place, heard, time) {
  const words = [...heard].map(([venue, at]) => `${venue} ${age(at, time)}`);
  const text = words.join(" · ");
  if (place.textContent !== text) place.textContent = text;
}
