/**
 * The chart of a market with what is ours: open orders as lines that can be dragged, fills as marks
 * with their reason, positions, and the prices that exits wait for. Without a library it stays away.
 */

import { createPriceChart } from "../fillwatch/price_chart.js";
import { createRepaint } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { setText } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";
import { OPEN, describeGroup, formatPrice, formatQuantity, nameType } from "./row_text.js";
import { mayChange } from "./shared_keys.js";

const MOVABLE_TYPES = new Set(["limit", "stop_loss", "take_profit"]); // orders/changes/amend.py decides
const MOVABLE_STATES = new Set(["new", "partially_filled"]);
const EXITS = { take_profit: translate("Target"), stop_loss: translate("Stop") };
const byId = (rows) => new Map(rows.map((row) => [row.id, row]));
const namePosition = ({ key, side }) => `${key} ${side}`;

export class OrderChart {
  /**
   * @param {{now: () => number, move: (order: object, field: string, price: string) => Promise<boolean>}} options
   *   `move` asks a person about the price to which a line was dragged; false if it could not
   */
  constructor(element, { now, move }) {
    Object.assign(this, { element, now, move });
    this.note = document.getElementById("chart-note");
    this.tip = document.getElementById("chart-tip");
    this.reloadSoon = createRepaint(() => this.reload());
    this.averages = []; // what an order was filled at, on its own page
    this.chart = null;
    this.readData(document);
  }

  readData(page) {
    const text = page?.getElementById("chart-data")?.textContent;
    if (!text) return;
    this.data = JSON.parse(text);
    this.orders = byId(this.data.orders);
    this.fills = byId(this.data.fills);
    this.positions = new Map(this.data.positions.map((position) => [namePosition(position), position]));
  }

  /** Takes over what the server has now, after events and prices were missed. */
  async reload() {
    const page = await fetchPage();
    if (!page) return false;
    this.readData(page);
    this.drawLines();
    if (this.chart) await this.readCandles();
    this.chart?.setFills([...this.fills.values()]);
    return true;
  }

  get instrument() {
    return this.data.instrument;
  }

  /** Whether an order, a fill or a position is of this market and of keys that this person sees. */
  isHere({ key, symbol }) {
    return this.data.keys.includes(key) && this.instrument.endsWith(`:${symbol}`);
  }

  /** Draws it all; resolves to the candles, and to none where they cannot be had. */
  async start() {
    const { library, seconds, places, step } = this.element.dataset;
    if (!library) {
      setText(this.note, translate("The chart's library is not installed here."));
      return [];
    }
    setText(this.note, translate("Reading past prices …"));
    const options = { library, places: Number(places), seconds: Number(seconds), now: this.now };
    this.chart = await createPriceChart(this.element, options);
    const candles = await this.readCandles();
    this.chart.setFills([...this.fills.values()]);
    this.chart.watchMarks((mark) => this.showTip(mark));
    this.chart.enableDrag(this.element, {
      step,
      places: Number(places),
      onDrop: (id, price) => this.dropLine(id, price),
    });
    this.drawLines();
    return candles;
  }

  async readCandles() {
    try {
      const candles = await fetchCandles(this.element.dataset.candles);
      this.chart.setCandles(candles);
      setText(this.note, candles.length ? "" : translate("The venue has no past prices of this symbol."));
      return candles;
    } catch (error) {
      setText(this.note, error.message);
      return [];
    }
  }

  addPrice({ instrument, last, at }) {
    if (instrument === this.instrument) this.chart?.addPrice(last, at);
  }

  applyOrder(order) {
    if (OPEN.has(order.status)) this.orders.set(order.id, order);
    else this.orders.delete(order.id);
    this.data.reasons[order.id] = describeReason(order);
    const isPlaced = order.group && order.group.state !== "waiting";
    if (isPlaced) this.data.levels = this.data.levels.filter(({ group }) => group !== order.group.id);
    this.drawLines();
  }

  applyFill(fill) {
    this.fills.set(fill.id, fill);
    this.chart?.setFills([...this.fills.values()]);
  }

  applyPosition(position) {
    if (Number(position.quantity)) this.positions.set(namePosition(position), position);
    else this.positions.delete(namePosition(position));
    this.drawLines();
  }

  showAverage(price) {
    this.averages = price ? [{ id: "average", price, title: translate("Average fill"), colour: "accent" }] : [];
    this.drawLines();
  }

  drawLines() {
    const lines = [
      ...[...this.orders.values()].flatMap((order) => this.listOrderLines(order)),
      ...[...this.positions.values()].flatMap(listPositionLines),
      ...this.data.levels.map((level) => ({
        id: `level ${level.group} ${level.title}`,
        price: level.price,
        title: translate("%(level)s, waits for its entry", { level: translate(level.title) }),
        colour: "muted",
        isDashed: true,
      })),
      ...this.averages,
    ];
    this.chart?.setLines(lines.filter((line) => line.price));
  }

  listOrderLines(order) {
    const isMovable = this.isMovable(order);
    const title = describeLine(order);
    return ["price", "trigger_price"].map((field) => ({
      id: `${field} ${order.id}`,
      price: order[`amend_${field}`] ?? order[field],
      title: field === "trigger_price" && order.price ? translate("%(order)s, trigger", { order: title }) : title,
      colour: order.side,
      isDashed: field === "trigger_price",
      isMovable: isMovable && !(field === "trigger_price" && Number(order.filled)),
    }));
  }

  isMovable(order) {
    return (
      this.data.can_amend && order.origin === "fillwatch" && MOVABLE_TYPES.has(order.type) &&
      MOVABLE_STATES.has(order.status) && !order.cancel_requested && mayChange(order)
    );
  }

  async dropLine(line, price) {
    const [field, id] = line.split(" ");
    const order = this.orders.get(Number(id));
    if (!order || !(await this.move(order, field, price))) this.drawLines();
  }

  showTip(mark) {
    const fill = mark && this.fills.get(mark.id);
    this.tip.hidden = !fill;
    if (!fill) return;
    setText(this.tip, describeFill(fill, this.data.reasons[fill.order]));
    const { clientWidth: width } = this.element;
    const left = Math.max(0, Math.min(mark.x + 12, width - this.tip.offsetWidth));
    this.tip.style.transform = `translate(${left}px, ${Math.max(0, mark.y - 12)}px)`;
  }
}

export async function fetchCandles(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? "The past prices could not be read.");
  return answer.candles;
}

function listPositionLines(position) {
  const name = namePosition(position);
  return [
    { id: `entry ${name}`, price: position.entry_price, title: translate("Entry"), colour: "accent" },
    {
      id: `liquidation ${name}`,
      price: position.liquidation_price,
      title: translate("Liquidation"),
      colour: "bad",
      isDashed: true,
    },
  ];
}

/** ▲ Buy 0.0100, or of an exit its part: Stop ▼ 0.0100. */
export function describeLine(order) {
  const arrow = order.side === "buy" ? "▲" : "▼";
  const verb = order.side === "buy" ? translate("Buy") : translate("Sell");
  const amount = formatQuantity(order.remaining);
  const exit = EXITS[order.group?.role] ?? EXITS[order.type];
  const asked = order.amend_quantity ? `, ${translate("change asked")}` : "";
  return exit ? `${exit} ${arrow} ${amount}${asked}` : `${arrow} ${verb} ${amount}${asked}`;
}

/** Why an order was there, as orders/web/charts/order_chart.py says it. */
export function describeReason(order) {
  const group = describeGroup(order);
  const role = translate((order.group?.role ?? "order").replaceAll("_", " "));
  const parts = [group ? translate("%(role)s of %(group)s", { role, group }) : nameType(order.type)];
  if (order.bot_name) parts.push(translate("bot %(bot_name)s", { bot_name: order.bot_name }));
  if (order.origin === "external") parts.push(translate("placed at the exchange"));
  return parts.join(", ");
}

function describeFill(fill, reason) {
  const words = { quantity: formatQuantity(fill.quantity), price: formatPrice(fill.price) };
  const text =
    fill.side === "buy"
      ? translate("▲ Bought %(quantity)s at %(price)s", words)
      : translate("▼ Sold %(quantity)s at %(price)s", words);
  return reason ? `${text}: ${reason}` : text;
}
