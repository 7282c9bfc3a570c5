/** Fills the one markup of a row (_order_row.html, kept in the page's <template>) from an order. */

import { buildRowText } from "./row_text.js";
import { findOwner, mayChange } from "./shared_keys.js";

const cellsByRow = new WeakMap();

/** The elements of a row that hold text, looked up once. */
function findCells(row) {
  if (!cellsByRow.has(row)) cellsByRow.set(row, [...row.querySelectorAll("[data-cell]")]);
  return cellsByRow.get(row);
}

export function createRow(template, order, now) {
  const row = template.content.querySelector("tr").cloneNode(true);
  fillRow(row, order, now);
  return row;
}

/** Makes a row show its order as it is now; returns the cells whose text changed. */
export function fillRow(row, order, now) {
  const texts = buildRowText(order, now);
  const changed = new Set();
  for (const cell of findCells(row)) {
    const text = String(texts[cell.dataset.cell]);
    if (cell.textContent === text) continue;
    cell.textContent = text;
    changed.add(cell.closest("td, th"));
  }
  row.id = `order-${texts.id}`;
  for (const name of ["id", "version", "status", "side"]) row.dataset[name] = texts[name];
  row.toggleAttribute("data-open", texts.open);
  setTime(row.querySelector("[data-cell=time]"), texts.time_at, texts.time_utc);
  const checked = row.querySelector("[data-cell=checked]");
  setTime(checked, texts.checked_at, texts.checked_utc);
  if (!texts.open) checked.classList.remove("stale"); // check_ages.js looks at open orders only
  row.querySelector("[data-cell=symbol]").setAttribute("href", `?order=${texts.id}`);
  row.querySelector("[data-cell=bot]").setAttribute("href", texts.bot_address);
  row.querySelector("progress").setAttribute("value", texts.percent);
  row.querySelector(".paper").hidden = !texts.simulated;
  row.querySelector(".external").hidden = !texts.external;
  const group = row.querySelector(".group");
  group.textContent = texts.group;
  group.hidden = !texts.group;
  const shared = row.querySelector(".shared");
  shared.textContent = findOwner(order);
  shared.hidden = !shared.textContent;
  const tick = row.querySelector(".pick input");
  tick.setAttribute("value", texts.id);
  tick.setAttribute("aria-label", `Choose: ${texts.cancel_words}`);
  tick.hidden = !texts.cancellable || !mayChange(order);
  if (tick.hidden) tick.checked = false;
  const form = row.querySelector("form");
  form.setAttribute("action", `/orders/${texts.id}/cancel/`);
  form.hidden = !texts.cancellable || !mayChange(order);
  form.querySelector("button").setAttribute("aria-label", texts.cancel_words);
  return changed;
}

function setTime(time, at, utc) {
  time.setAttribute("datetime", at ?? "");
  time.title = utc;
}
