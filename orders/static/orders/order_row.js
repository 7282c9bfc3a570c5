/** Fills the one markup of a row (_order_row.html, kept in the page's <template>) from an order. */

import { setText } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";
import { buildRowText, buildTimeText } from "./row_text.js";
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
  setAttribute(row, "id", `order-${texts.id}`);
  for (const name of ["id", "version", "status", "side"]) setAttribute(row, `data-${name}`, texts[name]);
  row.toggleAttribute("data-open", texts.open);
  fillTimes(row, texts);
  setAttribute(row.querySelector("[data-cell=symbol]"), "href", `?order=${texts.id}`);
  setAttribute(row.querySelector("[data-cell=bot]"), "href", texts.bot_address);
  setAttribute(row.querySelector("progress"), "value", texts.percent);
  row.querySelector(".paper").hidden = !texts.simulated;
  row.querySelector(".external").hidden = !texts.external;
  const group = row.querySelector(".group");
  setText(group, texts.group);
  group.hidden = !texts.group;
  const shared = row.querySelector(".shared");
  setText(shared, findOwner(order));
  shared.hidden = !shared.textContent;
  fillActs(row, texts, texts.cancellable && mayChange(order));
  return changed;
}

/** Puts the times of a row that the server painted on the reader's clock. */
export function showRowTimes(row, order, now) {
  const texts = buildTimeText(order, now);
  setText(row.querySelector("[data-cell=time]"), texts.time);
  setText(row.querySelector("[data-cell=checked]"), texts.checked);
  fillTimes(row, texts);
}

function fillTimes(row, texts) {
  setTime(row.querySelector("[data-cell=time]"), texts.time_at, texts.time_utc);
  const checked = row.querySelector("[data-cell=checked]");
  setTime(checked, texts.checked_at, texts.checked_utc);
  if (!texts.open) checked.classList.remove("stale"); // check_ages.js looks at open orders only
}

function fillActs(row, texts, isCancellable) {
  const tick = row.querySelector(".pick input");
  setAttribute(tick, "value", texts.id);
  setAttribute(tick, "aria-label", translate("Choose: %(action)s", { action: texts.cancel_words }));
  tick.hidden = !isCancellable;
  if (tick.hidden) tick.checked = false;
  const form = row.querySelector("form");
  setAttribute(form, "action", `/orders/${texts.id}/cancel/`);
  form.hidden = !isCancellable;
  setAttribute(form.querySelector("button"), "aria-label", texts.cancel_words);
}

function setTime(time, at, utc) {
  setAttribute(time, "datetime", at ?? "");
  setAttribute(time, "title", utc);
}

/** Sets an attribute only if it differs: of 500 changes in a second most leave most of a row alone. */
function setAttribute(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}
