/** Fills the one markup of a row (_order_row.html, kept in the page's <template>) from an order. */

import { cells } from "./row_text.js";

const known = new WeakMap();

/** The places of a row that hold words, looked up once. */
function placesOf(row) {
  if (!known.has(row)) known.set(row, [...row.querySelectorAll("[data-cell]")]);
  return known.get(row);
}

/** A new row. */
export function render(template, order, now) {
  const row = template.content.querySelector("tr").cloneNode(true);
  fill(row, order, now);
  return row;
}

/** Makes a row say what is true of its order; returns the cells whose words changed. */
export function fill(row, order, now) {
  const words = cells(order, now);
  const changed = new Set();
  for (const place of placesOf(row)) {
    const text = String(words[place.dataset.cell]);
    if (place.textContent === text) continue;
    place.textContent = text;
    changed.add(place.closest("td, th"));
  }
  row.id = `order-${words.id}`;
  for (const name of ["id", "version", "status", "side"]) row.dataset[name] = words[name];
  row.toggleAttribute("data-open", words.open);
  stamp(row.querySelector("[data-cell=time]"), words.time_at, words.time_utc);
  stamp(row.querySelector("[data-cell=checked]"), words.checked_at, words.checked_utc);
  row.querySelector("[data-cell=symbol]").setAttribute("href", `?order=${words.id}`);
  row.querySelector("[data-cell=bot]").setAttribute("href", words.bot_address);
  row.querySelector("progress").setAttribute("value", words.percent);
  row.querySelector(".paper").hidden = !words.simulated;
  row.querySelector(".external").hidden = !words.external;
  const form = row.querySelector("form");
  form.setAttribute("action", `/orders/${words.id}/cancel/`);
  form.hidden = !words.cancellable;
  form.querySelector("button").setAttribute("aria-label", words.cancel_words);
  return changed;
}

function stamp(time, at, utc) {
  time.setAttribute("datetime", at ?? "");
  time.title = utc;
}
