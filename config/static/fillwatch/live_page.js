/**
 * A live page: the server paints it, events say when it is old, and only what differs is replaced,
 * so that what somebody is using stays as it was: ticks, open menus, the focus.
 *
 *   [data-part]            is replaced as a whole, unless it has
 *   [data-keyed] > [id]    whose children are replaced, sorted and removed one by one
 *
 * docs/pages.md says how to write one.
 */

import { connect } from "../realtime/client.js";
import { showConnectionState } from "./connection_state.js";
import { createRepaint, highlightChange } from "./repaint.js";
import { fetchPage } from "./server.js";
import { formatMoment, showAges, showClockTimes, startServerClock } from "./time.js";

const CELLS = "td, th, dd, li";
const FOCUSABLE = "a, button, summary, input, select";
const serverHtml = new WeakMap(); // elements as the server wrote them, before times became local

/** Connects a page to its stream from the position it was painted at, and shows the connection. */
export function connectPage(root, options = {}, { countPaused } = {}) {
  const { epoch, seq } = root.dataset;
  const stream = connect({
    user: document.body.dataset.user,
    since: { epoch, seq: Number(seq) },
    ...options,
    ...(options.topics && { topics: [...options.topics, "system"] }), // which says what is late
  });
  const paintState = showConnectionState(stream, {
    dot: document.getElementById("dot"),
    notice: document.getElementById("notlive"),
    countPaused,
  });
  return { stream, paintState };
}

/** Returns the function that follows the prices of these instruments, instead of those named before. */
export function createPriceWatch(stream, intervalMs) {
  let watched = "";
  let stopWatching = () => {};
  return (instruments) => {
    const names = [...new Set(instruments)].sort();
    if (String(names) === watched) return;
    watched = String(names);
    stopWatching();
    stopWatching = names.length ? stream.watch(names, { topics: ["prices"], intervalMs }) : () => {};
  };
}

/** Starts the parts of a page: the server's clock, ages that count up, and `repaint()`. */
export function startParts(root) {
  const now = startServerClock(root.dataset.now);
  for (const part of findUnits(root)) serverHtml.set(part, part.outerHTML);
  showLocalTimes(root, now);
  setInterval(() => showAges(root, now), 1000);
  const repaint = createRepaint(() => paintParts(root, now));
  return { root, now, repaint };
}

/** The elements that are replaced one by one. */
function findUnits(root) {
  const parts = [...root.querySelectorAll("[data-part]")].filter((part) => !findKeyed(part));
  const children = [...root.querySelectorAll("[data-keyed] > [id]")];
  return [...parts, ...children];
}

const findKeyed = (part) => part.querySelector("[data-keyed]");

/** Returns false if the server could not say. If it shows another page by now, this one stays. */
async function paintParts(root, now) {
  const page = await fetchPage();
  const freshRoot = page?.getElementById(root.id);
  for (const part of root.querySelectorAll("[data-part]")) {
    const next = freshRoot?.querySelector(`#${part.id}`);
    if (!next) continue;
    if (findKeyed(part) && findKeyed(next)) updateChildren(findKeyed(part), findKeyed(next), now);
    else replaceElement(part, next, now);
  }
  return page !== null;
}

/** Puts `next` in the place of `old` if the server's HTML differs; returns the one that is shown. */
function replaceElement(old, next, now) {
  const html = next.outerHTML;
  if (!findKeyed(next) && serverHtml.get(old) === html) return old;
  const focusIndex = [...old.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  for (const unit of [next, ...findUnits(next)]) serverHtml.set(unit, unit.outerHTML);
  showLocalTimes(next, now);
  keepChoices(old, next);
  old.replaceWith(next);
  next.querySelectorAll(FOCUSABLE)[focusIndex]?.focus({ preventScroll: true });
  highlightChanges(old, next);
  return next;
}

function updateChildren(body, freshBody, now) {
  const oldById = new Map([...body.children].map((child) => [child.id, child]));
  const children = [...freshBody.children].map((next) => {
    const old = oldById.get(next.id);
    oldById.delete(next.id);
    return old ? replaceElement(old, next, now) : prepareArrival(next, now);
  });
  for (const old of oldById.values()) old.remove();
  const focused = document.activeElement;
  for (const [index, child] of children.entries()) {
    if (body.children[index] !== child) body.insertBefore(child, body.children[index] ?? null);
  }
  if (body.contains(focused)) focused.focus({ preventScroll: true }); // an element that moves loses it
}

function prepareArrival(next, now) {
  serverHtml.set(next, next.outerHTML);
  showLocalTimes(next, now);
  highlightChange(next);
  return next;
}

/** Keeps what somebody ticked or opened. */
function keepChoices(old, next) {
  const oldDetails = old.querySelectorAll("details");
  for (const [index, details] of next.querySelectorAll("details").entries()) {
    details.open = oldDetails[index]?.open ?? false;
  }
  const oldTicks = old.querySelectorAll("input[type=checkbox]");
  for (const [index, tick] of next.querySelectorAll("input[type=checkbox]").entries()) {
    tick.checked = oldTicks[index]?.checked ?? false;
  }
}

/** Fades each cell whose text differs. Ages change all the time and do not count. */
function highlightChanges(old, next) {
  const oldCells = [...old.querySelectorAll(CELLS)];
  for (const [index, cell] of [...next.querySelectorAll(CELLS)].entries()) {
    if (cell.querySelector(CELLS) || cell.querySelector("[data-age]")) continue;
    if (oldCells[index]?.textContent !== cell.textContent) highlightChange(cell);
  }
}

function showLocalTimes(root, now) {
  showClockTimes(root, (value) => formatMoment(value, now()));
  showAges(root, now);
}
