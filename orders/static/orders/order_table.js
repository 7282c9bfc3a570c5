/** The orders on the page: which row shows which order, one paint a frame however many events. */

import { OPEN, decimals } from "./row_text.js";
import { fill, render } from "./order_row.js";

const KEPT = 2000;
const MOST = 500;
const TOP = 120;
const SHOWY = 40;
const FADE = { duration: 1200, easing: "ease-out" };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Board {
  /** @param {{now: () => number, reload: () => void}} options */
  constructor(root, { now, reload }) {
    this.root = root;
    this.now = now;
    this.reload = reload;
    this.template = document.getElementById("row");
    this.known = new Map(); // what events told, so that an older page never takes it back
    this.held = null; // while paused: the changes that wait
    this.queued = new Map();
    this.framed = false;
    this.read();
  }

  /** Takes over the rows that the server has painted, and what was heard since. */
  read() {
    this.rows = new Map();
    this.orders = new Map();
    this.waiting = new Map();
    this.table = this.root.querySelector("table.orders");
    this.button = this.root.querySelector("[data-act=show-new]");
    const data = this.root.querySelector("#orders-data");
    for (const order of data ? JSON.parse(data.textContent) : []) {
      const row = document.getElementById(`order-${order.id}`);
      this.rows.set(order.id, row);
      this.orders.set(order.id, order);
      fill(row, order, this.now());
    }
    for (const order of this.known.values()) this.queue(order);
  }

  /** An order as the server now knows it. */
  apply(order, { mine = false } = {}) {
    const last = this.known.get(order.id);
    if (last && last.version > order.version) return;
    this.known.delete(order.id); // to the end of the line
    this.known.set(order.id, order);
    if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
    if (this.held && !mine) this.held.set(order.id, order);
    else this.queue(order, mine);
  }

  /** These were compared with their venue, changed or not. */
  checked(ids, at) {
    for (const id of ids) {
      for (const order of [this.orders.get(id), this.known.get(id)]) {
        if (order && (order.checked_at ?? "") < at) order.checked_at = at;
      }
    }
  }

  /** A bot or a key has another name, or is gone: no change of the orders themselves. */
  rename(owner, id, words) {
    const kept = [this.known, this.orders, this.waiting, this.held ?? this.known];
    const says = (order) => Object.entries(words).every(([name, value]) => order[name] === value);
    const others = new Set(kept.flatMap((orders) => [...orders.values()])
      .filter((order) => order[owner] === id && !says(order)));
    for (const order of others) Object.assign(order, words);
    for (const [number, row] of this.rows) {
      const order = this.orders.get(number);
      if (others.has(order)) for (const cell of fill(row, order, this.now())) this.flash(cell);
    }
    return [...others].map((order) => order.id);
  }

  forget() {
    this.known.clear();
  }

  pause() {
    this.held ??= new Map();
  }

  resume() {
    for (const order of this.held?.values() ?? []) this.queue(order);
    this.held = null;
  }

  queue(order, mine = false) {
    this.queued.set(order.id, { order, mine: mine || this.queued.get(order.id)?.mine });
    if (this.framed) return;
    this.framed = true;
    requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.framed = false;
    const queued = [...this.queued.values()];
    this.away = scrollY > TOP; // read once: after each new row it would cost a layout
    this.calm = calm.matches || queued.length > SHOWY;
    this.queued.clear();
    for (const { order, mine } of queued) {
      if (this.rows.has(order.id)) this.change(order);
      else if (mine || this.fits(order)) this.arrive(order, mine);
      else this.waiting.delete(order.id); // it ended meanwhile
    }
    if (this.missing) this.reload();
    this.missing = false;
    this.align(queued);
    this.count();
  }

  change(order) {
    const shown = this.orders.get(order.id);
    if (shown.version >= order.version) return;
    if ((order.checked_at ?? "") < (shown.checked_at ?? "")) order.checked_at = shown.checked_at;
    this.orders.set(order.id, order);
    for (const cell of fill(this.rows.get(order.id), order, this.now())) this.flash(cell);
  }

  /** At the top when the reader is there; else it waits to be asked for. */
  arrive(order, mine) {
    if (!this.table) {
      this.missing = true; // the server paints the first row with its table
      return;
    }
    if (!mine && (this.away || this.waiting.has(order.id))) {
      this.waiting.set(order.id, order);
      return;
    }
    this.waiting.delete(order.id);
    const row = render(this.template, order, this.now());
    this.rows.set(order.id, row);
    this.orders.set(order.id, order);
    const body = this.table.tBodies[0];
    let next = body.firstElementChild;
    while (next && Number(next.dataset.id) > order.id) next = next.nextElementSibling;
    body.insertBefore(row, next);
    this.flash(row.cells[0]);
    if (this.rows.size > MOST) this.trim(body);
  }

  /** A day of a busy bot would fill the page: the oldest ended rows go, unless somebody is there. */
  trim(body) {
    for (const row of [...body.rows].reverse()) {
      if (this.rows.size <= MOST) return;
      if (row.hasAttribute("data-open") || row.matches(".chosen, :focus-within")) continue;
      this.rows.delete(Number(row.dataset.id));
      this.orders.delete(Number(row.dataset.id));
      row.remove();
    }
  }

  /** Shows the new orders that waited. */
  showNew() {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    scrollTo({ top: 0 });
    for (const order of waiting) this.queue(order, true);
  }

  count() {
    const number = this.waiting.size;
    if (!this.button) return;
    this.button.hidden = number === 0;
    this.button.textContent = number === 1 ? "1 new order" : `${number} new orders`;
  }

  /** Wider numbers than the table had so far: its points move together. */
  align(queued) {
    if (!this.table || !queued.length) return;
    const orders = queued.map(({ order }) => order);
    const { dataset } = this.table;
    dataset.priceDecimals = decimals(orders.map((o) => o.price), +dataset.priceDecimals);
    const amounts = orders.flatMap((o) => [o.quantity, o.filled]);
    dataset.quantityDecimals = decimals(amounts, +dataset.quantityDecimals);
  }

  /** Whether an order belongs here by the filters in the address: orders/web/order_list.py says the same. */
  fits(order) {
    const asked = new URLSearchParams(location.search);
    const is = (name, value) => !asked.get(name) || asked.get(name) === String(value);
    const status = asked.get("status") ?? "";
    const refused = order.status === "rejected" || order.status === "denied";
    const wanted =
      status === "" || status === "all" || status === order.status ||
      (status === "open" && OPEN.has(order.status)) || (status === "refused" && refused);
    const symbol = !asked.get("symbol") || asked.get("symbol").toUpperCase() === order.symbol;
    const older = asked.has("before") || asked.get("q");
    const fresh = status !== "" || OPEN.has(order.status) || this.newest(order);
    return wanted && fresh && symbol && !older &&
      is("side", order.side) && is("key", order.key) && is("bot", order.bot) &&
      is("origin", order.origin);
  }

  /** An order that ended before it was seen open is still news; one of last year is not. */
  newest(order) {
    return [...this.rows.keys()].every((id) => id < order.id);
  }

  /** One short fade of what changed; none when so much changes that nobody could follow. */
  flash(cell) {
    if (this.calm || cell.classList.contains("checked")) return;
    cell.animate([{ backgroundColor: "var(--changed)" }, {}], FADE);
  }
}
