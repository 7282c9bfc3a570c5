/** Fills the one markup of a row (_order_row.html, kept in the page's <template>) from an order. */

import { setText } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";
import { buildRowText, buildTimeText } from "./row_text.js";
import { findOwner, mayChange } from "./shared_keys.js";

const partsByRow = new WeakMap();
const SELECTORS = {
  time: "[data-cell=time]", checked: "[data-cell=checked]", symbol: "[data-cell=symbol]", bot: "[data-cell=bot]",
  progress: "progress", paper: ".paper", external: ".external", group: ".group", shared: ".shared",
  tick: ".pick input", form: "form", button: "form button",
};

/** The elements of a row that change, looked up once; `cells` are those that hold text. */
function findParts(row) {
  if (!partsByRow.has(row)) {
    const found = Object.entries(SELECTORS).map(([name, selector]) => [name, row.querySelector(selector)]);
    partsByRow.set(row, { ...Object.fromEntries(found), cells: [...row.querySelectorAll("[data-cell]")] });
  }
  return partsByRow.get(row);
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
  const parts = findParts(row);
  for (const cell of parts.cells) {
    const text = String(texts[cell.dataset.cell]);
    if (cell.textContent === text) continue;
    cell.textContent = text;
    changed.add(cell.closest("td, th"));
  }
  setAttribute(row, "id", `order-${texts.id}`);
  for (const name of ["id", "version", "status", "side"]) setAttribute(row, `data-${name}`, texts[name]);
  row.toggleAttribute("data-open", texts.open);
  fillTimes(parts, texts);
  setAttribute(parts.symbol, "href", `?order=${texts.id}`);
  setAttribute(parts.bot, "href", texts.bot_address);
  setAttribute(parts.progress, "value", texts.percent);
  parts.paper.hidden = !texts.simulated;
  parts.external.hidden = !texts.external;
  setText(parts.group, texts.group);
  parts.group.hidden = !texts.group;
  const owner = findOwner(order);
  setText(parts.shared, owner);
  parts.shared.hidden = !owner;
  fillActs(parts, texts, texts.cancellable && mayChange(order));
  return changed;
}

/** Puts the times of a row that the server painted on the reader's clock. */
export function showRowTimes(row, order, now) {
  const texts = buildTimeText(order, now);
  const time = row.querySelector("[data-cell=time]");
  const checked = row.querySelector("[data-cell=checked]");
  setText(time, texts.time);
  setText(checked, texts.checked);
  fillTimes({ time, checked }, texts);
}

function fillTimes({ time, checked }, texts) {
  setTime(time, texts.time_at, texts.time_utc);
  setTime(checked, texts.checked_at, texts.checked_utc);
  if (!texts.open) checked.classList.remove("stale"); // check_ages.js looks at open orders only
}

function fillActs({ tick, form, button }, texts, isCancellable) {
  setAttribute(tick, "value", texts.id);
  setAttribute(tick, "aria-label", translate("Choose: %(action)s", { action: texts.cancel_words }));
  tick.hidden = !isCancellable;
  if (tick.hidden) tick.checked = false;
  setAttribute(form, "action", `/orders/${texts.id}/cancel/`);
  form.hidden = !isCancellable;
  setAttribute(button, "aria-label", texts.cancel_words);
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
