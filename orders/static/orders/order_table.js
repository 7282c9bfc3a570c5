/** The orders on the page: which row shows which order, painted once a frame however many events come. */

import { createRepaint, highlightChange } from "../fillwatch/repaint.js";
import { translate } from "../fillwatch/translate.js";
import { FarRows } from "./far_rows.js";
import { createRow, fillRow, showRowTimes } from "./order_row.js";
import { OPEN, computeValue, countDecimals, findShownPrice } from "./row_text.js";

const MOST_KNOWN = 2000;
const MOST_ROWS = 500;
const TOP_PX = 120; // a reader this near to the top sees new rows arrive
const MOST_FADES = 40; // rows in a second: when more change, nobody could follow
const FRAME_MS = 6; // for rows in one frame; the others follow in the next
const SORTED_MS = 1000; // where a new row belongs in a sorted list, the server says

export class OrderTable {
  /** @param {{now: () => number, reload: () => void, onPaint: () => void}} options */
  constructor(root, { now, reload, onPaint }) {
    this.root = root;
    this.now = now;
    this.reload = reload;
    this.reloadSoon = createRepaint(reload, SORTED_MS);
    this.onPaint = onPaint;
    this.template = document.getElementById("row");
    this.farRows = new FarRows(root);
    this.newest = new Map(); // orders of events, so that an older page never takes one back
    this.paused = null; // while paused: the orders that changed
    this.queue = new Map();
    this.isFrameRequested = false;
    this.changedRows = 0; // in the second that began at countedFrom
    this.countedFrom = 0;
    this.readRows();
  }

  /** Takes over the rows that the server has painted, and what events said since. */
  readRows() {
    this.farRows.forget();
    this.rows = new Map();
    this.orders = new Map();
    this.waiting = new Map();
    this.highestId = 0;
    this.mostRows = MOST_ROWS;
    this.query = new URLSearchParams(location.search);
    this.table = this.root.querySelector("table.orders");
    this.newOrdersButton = this.root.querySelector("[data-act=show-new]");
    this.takeRows(this.root);
    for (const order of this.newest.values()) this.queueOrder(order);
    this.onPaint();
  }

  /** Takes rows over as the server painted them; only their times are not those of the reader yet. */
  takeRows(part) {
    const data = part.querySelector("#orders-data");
    for (const order of data ? JSON.parse(data.textContent) : []) {
      if (this.rows.has(order.id)) continue;
      const row = document.getElementById(`order-${order.id}`);
      this.keepRow(order, row);
      showRowTimes(row, order, this.now());
    }
  }

  /** Adds the rows of the next page below; an order that moved there meanwhile stays where it was. */
  appendPage(part) {
    const isNew = ({ dataset }) => dataset.id && !this.rows.has(Number(dataset.id));
    const rows = [...part.querySelectorAll("#rows > .order")].filter(isNew);
    this.farRows.append(this.table, rows);
    this.takeRows(part);
    const orders = rows.map(({ dataset }) => this.orders.get(Number(dataset.id)));
    this.mostRows = Math.max(this.mostRows, this.rows.size + MOST_ROWS);
    this.alignNumbers(orders.map((order) => ({ order })));
    for (const { id } of orders) if (this.newest.has(id)) this.queueOrder(this.newest.get(id));
    this.onPaint();
  }

  keepRow(order, row) {
    this.rows.set(order.id, row);
    this.orders.set(order.id, order);
    this.highestId = Math.max(this.highestId, order.id);
  }

  dropRow(id) {
    this.rows.get(id)?.remove();
    this.rows.delete(id);
    this.orders.delete(id);
  }

  /** Shows an order as the server now has it; one of this page's own actions never waits. */
  applyOrder(order, { isOwn = false } = {}) {
    const last = this.newest.get(order.id);
    if (last && last.version > order.version) return;
    this.newest.delete(order.id); // to the end of the map
    this.newest.set(order.id, order);
    if (this.newest.size > MOST_KNOWN) this.newest.delete(this.newest.keys().next().value);
    if (this.paused && !isOwn) this.paused.set(order.id, order);
    else this.queueOrder(order, isOwn);
  }

  /** Notes that these orders were compared with their venue, changed or not. */
  noteCheck(ids, at) {
    for (const id of ids) {
      for (const order of [this.orders.get(id), this.newest.get(id)]) {
        if (order && (order.checked_at ?? "") < at) order.checked_at = at;
      }
    }
  }

  /** Renames a bot or key in its orders, which do not change by it. Returns the ids of those orders. */
  renameOwner(owner, id, fields) {
    const maps = [this.newest, this.orders, this.waiting, this.paused ?? this.newest];
    const isNamed = (order) => Object.entries(fields).every(([name, value]) => order[name] === value);
    const renamed = new Set(maps.flatMap((orders) => [...orders.values()])
      .filter((order) => order[owner] === id && !isNamed(order)));
    for (const order of renamed) Object.assign(order, fields);
    for (const [orderId, row] of this.rows) {
      const order = this.orders.get(orderId);
      if (renamed.has(order)) for (const cell of fillRow(row, order, this.now())) this.highlightCell(cell);
    }
    return [...renamed].map((order) => order.id);
  }

  forgetEvents() {
    this.newest.clear();
  }

  pause() {
    this.paused ??= new Map();
  }

  resume() {
    for (const order of this.paused?.values() ?? []) this.queueOrder(order);
    this.paused = null;
  }

  queueOrder(order, isOwn = false) {
    this.queue.set(order.id, { order, isOwn: isOwn || this.queue.get(order.id)?.isOwn });
    this.requestFrame();
  }

  requestFrame() {
    if (this.isFrameRequested) return;
    this.isFrameRequested = true;
    requestAnimationFrame(() => this.paintQueue());
  }

  /** Takes from the queue, the oldest change first, until the time of this frame is spent. */
  *takeChanges() {
    const until = performance.now() + FRAME_MS;
    for (const [id, change] of this.queue) {
      this.queue.delete(id);
      yield change;
      if (performance.now() > until) break;
    }
    if (this.queue.size) this.requestFrame();
  }

  paintQueue() {
    this.isFrameRequested = false;
    this.isScrolled = null;
    this.isCalm = this.countChanges(this.queue.size) > MOST_FADES;
    const changes = [];
    for (const change of this.takeChanges()) {
      const { order, isOwn } = change;
      changes.push(change);
      if (this.rows.has(order.id)) this.updateRow(order);
      else if (isOwn || this.matchesFilters(order)) this.addOrder(order, isOwn);
      else this.waiting.delete(order.id); // it ended meanwhile
    }
    if (this.isTableMissing) this.reload();
    this.isTableMissing = false;
    this.alignNumbers(changes);
    this.showWaitingCount();
    this.onPaint(changes.map(({ order }) => order));
  }

  /** Counts the rows that changed in this second. */
  countChanges(more) {
    const time = performance.now();
    if (time - this.countedFrom > 1000) {
      this.changedRows = 0;
      this.countedFrom = time;
    }
    this.changedRows += more;
    return this.changedRows;
  }

  updateRow(order) {
    const shown = this.orders.get(order.id);
    if (shown.version >= order.version) return;
    if ((order.checked_at ?? "") < (shown.checked_at ?? "")) order.checked_at = shown.checked_at;
    this.orders.set(order.id, order);
    for (const cell of fillRow(this.rows.get(order.id), order, this.now())) this.highlightCell(cell);
  }

  /** Adds a row while the reader is at the top; else the order waits behind the button. */
  addOrder(order, isOwn) {
    if (!this.table) {
      this.isTableMissing = true; // the server paints the first row with its table
      return;
    }
    this.isScrolled ??= scrollY > TOP_PX; // once a frame: the answer costs a layout of the page
    if (!isOwn && (this.isScrolled || this.waiting.has(order.id))) {
      this.waiting.set(order.id, order);
      return;
    }
    this.waiting.delete(order.id);
    this.insertRow(order);
  }

  insertRow(order) {
    const row = createRow(this.template, order, this.now());
    this.keepRow(order, row);
    if (this.query.get("sort")) this.reloadSoon();
    const body = this.findBody(order);
    let next = body.querySelector(".order");
    while (next && Number(next.dataset.id) > order.id) next = next.nextElementSibling;
    body.insertBefore(row, next);
    this.highlightCell(row.cells[0]);
    if (this.rows.size > this.mostRows) this.removeOldRows(this.table.tBodies[0]);
  }

  /** The rows of the list itself, not of those that ended lately. */
  listRows() {
    return this.table ? [...this.table.querySelectorAll("tbody:not(#recent) > .order")] : [];
  }

  /** The part of the list in which an order belongs: the last that begins with a newer one. */
  findBody(order) {
    const [first, ...others] = [...this.table.tBodies].filter(({ id }) => id !== "recent");
    return others.findLast((body) => Number(body.querySelector(".order")?.dataset.id) > order.id) ?? first;
  }

  /** Removes the oldest ended rows, except those in use: a day of a busy bot would fill the page. */
  removeOldRows(body) {
    for (const row of [...body.rows].reverse()) {
      if (this.rows.size <= this.mostRows) return;
      if (row.hasAttribute("data-open") || row.matches(".chosen, :focus-within")) continue;
      this.dropRow(Number(row.dataset.id));
    }
  }

  showNewOrders() {
    const orders = [...this.waiting.values()];
    this.waiting.clear();
    scrollTo({ top: 0 });
    for (const order of orders) this.queueOrder(order, true);
  }

  showWaitingCount() {
    const number = this.waiting.size;
    if (!this.newOrdersButton) return;
    this.newOrdersButton.hidden = number === 0;
    this.newOrdersButton.textContent = number === 1 ? translate("1 new order") : translate("%(count)s new orders", { count: number });
  }

  /** Widens the columns when numbers with more decimals arrive, so that their points stay aligned. */
  alignNumbers(changes) {
    if (!this.table || !changes.length) return;
    const orders = changes.map(({ order }) => order);
    const { dataset } = this.table;
    const prices = orders.flatMap((order) => [findShownPrice(order), order.average_price]);
    const amounts = orders.flatMap((order) => [order.quantity, order.filled]);
    widenColumn(dataset, "priceDecimals", prices);
    widenColumn(dataset, "valueDecimals", orders.map(computeValue));
    widenColumn(dataset, "quantityDecimals", amounts);
  }

  /** Whether an order belongs here by the filters in the address, as orders/web/listing/order_list.py decides. */
  matchesFilters(order) {
    const { query } = this;
    if (query.has("before") || query.has("page") || query.get("q")) return false; // older orders, or a search
    const matches = (name, value) => !query.get(name) || query.get(name) === String(value);
    const symbol = query.get("symbol")?.toUpperCase();
    return this.matchesStatus(order, query.get("status") ?? "") &&
      (!symbol || symbol === order.symbol) &&
      matches("side", order.side) && matches("key", order.key) && matches("bot", order.bot) &&
      matches("origin", order.origin);
  }

  matchesStatus(order, status) {
    if (status === "") return OPEN.has(order.status) || this.isNewest(order);
    if (status === "open") return OPEN.has(order.status);
    if (status === "refused") return order.status === "rejected" || order.status === "denied";
    return status === "all" || status === order.status;
  }

  /** An order that ended before it was seen open is still news; one of last year is not. */
  isNewest(order) {
    return order.id > this.highestId;
  }

  highlightCell(cell) {
    if (!this.isCalm && !cell.classList.contains("checked")) highlightChange(cell);
  }
}

/** Gives a column room for these numbers; each change of it lays the whole table out anew. */
function widenColumn(dataset, name, values) {
  const decimals = String(countDecimals(values, Number(dataset[name])));
  if (decimals !== dataset[name]) dataset[name] = decimals;
}
