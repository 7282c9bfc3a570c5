/**
 * A page that its server paints anew when something happened. Only what differs is exchanged, so
 * that what somebody is using stays as it was: ticks, open menus, the focus.
 *
 *   [data-part]            is exchanged as a whole, unless it has
 *   [data-keyed] > [id]    whose children are exchanged, put in order and removed one by one
 */

import { serverClock } from "../orders/check_ages.js";
import { age, moment } from "../orders/row_text.js";
import { AGAIN, fresh } from "./server.js";

const PAUSE = 300; // a burst of changes is painted once
const FADE = { duration: 1200, easing: "ease-out" };
const WORDS = "td, th, dd, li";
const USED = "a, button, summary, input, select";
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const painted = new WeakMap(); // as the server wrote it, before times became the reader's own

/** Where a page lives: its element, the clock of its server, and `soon()`, which paints it. */
export function living(root) {
  const now = serverClock(root.dataset.now);
  for (const part of units(root)) painted.set(part, part.outerHTML);
  localise(root, now);
  setInterval(() => ages(root, now), 1000);
  let due = 0;
  let at = Infinity;
  let painting = Promise.resolve();
  const soon = (pause = PAUSE) => {
    const then = performance.now() + pause;
    if (at <= then) return; // it is painted before that
    clearTimeout(due);
    at = then;
    due = setTimeout(() => {
      at = Infinity;
      // one after the other: an older answer never comes last
      painting = painting.then(async () => (await paint(root, now)) || soon(AGAIN));
    }, pause);
  };
  return { root, now, soon };
}

function units(root) {
  const parts = [...root.querySelectorAll("[data-part]")].filter((one) => !keyed(one));
  const children = [...root.querySelectorAll("[data-keyed] > [id]")];
  return [...parts, ...children];
}

const keyed = (part) => part.querySelector("[data-keyed]");

/** Whether the server could say; if it shows another page by now, this one stays as it is. */
async function paint(root, now) {
  const page = await fresh();
  const shown = page?.getElementById(root.id);
  for (const part of root.querySelectorAll("[data-part]")) {
    const next = shown?.querySelector(`#${part.id}`);
    if (!next) continue;
    if (keyed(part) && keyed(next)) sort(keyed(part), keyed(next), now);
    else exchange(part, next, now);
  }
  return page !== null;
}

/** The fresh one takes the place of the old one if the server says something else now. */
function exchange(old, next, now) {
  const html = next.outerHTML;
  if (!keyed(next) && painted.get(old) === html) return old;
  const focus = [...old.querySelectorAll(USED)].indexOf(document.activeElement);
  for (const unit of [next, ...units(next)]) painted.set(unit, unit.outerHTML);
  localise(next, now);
  keep(old, next);
  old.replaceWith(next);
  next.querySelectorAll(USED)[focus]?.focus({ preventScroll: true });
  fade(old, next);
  return next;
}

function sort(body, fresh, now) {
  const there = new Map([...body.children].map((child) => [child.id, child]));
  const wanted = [...fresh.children].map((next) => {
    const old = there.get(next.id);
    there.delete(next.id);
    return old ? exchange(old, next, now) : arrived(next, now);
  });
  for (const gone of there.values()) gone.remove();
  const used = document.activeElement;
  for (const [place, child] of wanted.entries()) {
    if (body.children[place] !== child) body.insertBefore(child, body.children[place] ?? null);
  }
  if (body.contains(used)) used.focus({ preventScroll: true }); // what moves loses it
}

function arrived(next, now) {
  painted.set(next, next.outerHTML);
  localise(next, now);
  flash(next);
  return next;
}

/** What somebody ticked or opened. */
function keep(old, next) {
  const opened = old.querySelectorAll("details");
  for (const [n, details] of next.querySelectorAll("details").entries()) {
    details.open = opened[n]?.open ?? false;
  }
  const ticks = old.querySelectorAll("input[type=checkbox]");
  for (const [n, tick] of next.querySelectorAll("input[type=checkbox]").entries()) {
    tick.checked = ticks[n]?.checked ?? false;
  }
}

/** One short fade of each cell that says something else; ages go on all the time and do not count. */
function fade(old, next) {
  const before = [...old.querySelectorAll(WORDS)];
  for (const [n, cell] of [...next.querySelectorAll(WORDS)].entries()) {
    if (cell.querySelector(WORDS) || cell.querySelector("[data-age]")) continue;
    if (before[n]?.textContent !== cell.textContent) flash(cell);
  }
}

function flash(cell) {
  if (!calm.matches) cell.animate([{ backgroundColor: "var(--changed)" }, {}], FADE);
}

/** Times become those of the reader's own clock; the exact UTC stays on hover. */
function localise(root, now) {
  for (const time of root.querySelectorAll("time[data-clock]")) {
    time.textContent = moment(time.dateTime, now());
  }
  ages(root, now);
}

export function ages(root, now) {
  for (const time of root.querySelectorAll("time[data-age]")) {
    const words = age(time.dateTime, now());
    if (time.textContent !== words) time.textContent = words;
  }
}
