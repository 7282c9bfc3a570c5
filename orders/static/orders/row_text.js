/**
 * What a row of the table says, in words: the same as orders/web/row_text.py says on the server.
 * Money stays a string and never becomes a float.
 */

export const OPEN = new Set(["pending", "unknown", "new", "partially_filled"]);
const PRICE_DECIMALS = 2;
const QUANTITY_DECIMALS = 4;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
export const STATUS = {
  pending: "Pending",
  unknown: "Unknown",
  new: "Open",
  partially_filled: "Partially filled",
  filled: "Filled",
  canceled: "Cancelled",
  expired: "Expired",
  rejected: "Rejected",
  denied: "Denied",
};

/** Every word of one row, by the name of its place in _order_row.html. */
export function cells(order, now) {
  const open = OPEN.has(order.status);
  const external = order.origin === "external";
  return {
    id: order.id,
    version: order.version,
    status: order.status,
    side: order.side,
    open,
    time_at: order.created_at,
    time: moment(order.created_at, now),
    time_utc: exact(order.created_at),
    symbol: order.symbol,
    side_word: order.side === "buy" ? "▲ Buy" : "▼ Sell",
    type: kind(order),
    ...number("price", order.price, PRICE_DECIMALS),
    ...number("quantity", order.quantity, QUANTITY_DECIMALS),
    ...number("filled", order.filled, QUANTITY_DECIMALS),
    percent: percent(order),
    status_word: STATUS[order.status] ?? order.status,
    note: note(order, open),
    checked_at: open ? (order.checked_at ?? order.created_at) : order.ended_at,
    checked: open
      ? age(order.checked_at, now)
      : `ended ${dayOrTime(order.ended_at ?? order.created_at, now)}`,
    checked_utc: exact(open ? order.checked_at : order.ended_at),
    key: order.key_label,
    simulated: order.simulated,
    external,
    bot: order.bot_name ?? "",
    bot_address: order.bot ? `/bots/${order.bot}/` : "",
    cancel_words: `Cancel ${inWords(order)}`,
    cancellable: open && !order.cancel_requested && !external,
  };
}

function number(name, value, least) {
  const [whole, digits, zeros] = parts(value, least);
  return { [`${name}_whole`]: whole, [`${name}_digits`]: digits, [`${name}_zeros`]: zeros };
}

/** A number in three parts: before the point, after it, and the zeros that only fill up. */
export function parts(value, least) {
  if (value === null) return ["–", "", ""];
  const [before, after = ""] = value.split(".");
  const digits = after.replace(/0+$/, "");
  const zeros = "0".repeat(Math.max(0, least - digits.length));
  const grouped = before.replace("-", "").replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = value.startsWith("-") ? "−" : "";
  return [sign + grouped, digits && `.${digits}`, digits ? zeros : `.${zeros}`];
}

export const price = (value) => parts(value, PRICE_DECIMALS).join("");
export const quantity = (value) => parts(value, QUANTITY_DECIMALS).join("");

/** limit post only, stop loss at 41,000.00, trailing stop 1.5 %, market reduce only. */
function kind(order) {
  const tif = order.time_in_force;
  const words = [order.type.replaceAll("_", " ")];
  if (order.trigger_price !== null) words.push(`at ${price(order.trigger_price)}`);
  if (order.trailing_percent !== null) words.push(`${order.trailing_percent} %`);
  if (order.type !== "market" && tif !== "GTC") words.push(tif === "PO" ? "post only" : tif);
  if (order.reduce_only) words.push("reduce only");
  return words.join(" ");
}

/** The order as one would say it: buy 0.0100 BTC at 42,150.00 USDT. */
export function inWords(order) {
  const [base, quotes = ""] = order.symbol.split("/");
  const [quote] = quotes.split(":");
  let words = `${order.side} ${quantity(order.quantity)} ${base}`;
  if (order.reduce_only) words += ", only to reduce";
  if (order.trigger_price !== null) words += `, from ${price(order.trigger_price)} ${quote} on,`;
  if (order.trailing_percent !== null) words += `, ${order.trailing_percent} % behind the price,`;
  if (order.price === null) return `${words} at market`;
  return `${words} at ${price(order.price)} ${quote}`.trimEnd();
}

/** An exact whole number of the smallest unit there is: 18 places. */
export function units(value) {
  const [whole, after = ""] = value.split(".");
  return BigInt(whole + after.padEnd(18, "0").slice(0, 18));
}

function percent(order) {
  return (units(order.filled) * 100n) / units(order.quantity);
}

function note(order, open) {
  if (order.ended_by === "hand") return "by hand at the exchange";
  if (order.ended_reason && order.status !== "filled") return order.ended_reason;
  return order.cancel_requested && open ? "cancel asked" : "";
}

/** 0.8 s ago, 12 s ago, 3 min ago, 5 h ago, 2 d ago. */
export function age(value, now) {
  if (!value) return "not yet";
  const tenths = Math.max(0, Math.floor((now - Date.parse(value)) / 100));
  const seconds = Math.floor(tenths / 10);
  if (seconds < 10) return `${seconds}.${tenths % 10} s ago`;
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

const two = (value) => String(value).padStart(2, "0");

/** The time of day where the reader is; with the day when that is not today. */
export function moment(value, now) {
  const at = new Date(value);
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(now).toDateString()) return `${minutes}:${two(at.getSeconds())}`;
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${minutes}`;
}

function dayOrTime(value, now) {
  const at = new Date(value);
  const today = at.toDateString() === new Date(now).toDateString();
  return today ? `${two(at.getHours())}:${two(at.getMinutes())}` : `${at.getDate()} ${MONTHS[at.getMonth()]}`;
}

/** How many places a column needs for all its numbers to stand on their point. */
export function decimals(values, least) {
  return Math.max(least, ...values.map((value) => parts(value ?? null, 0)[1].length - 1));
}

export function exact(value) {
  return value ? `${new Date(value).toISOString().replace("T", " ").slice(0, -1)} UTC` : "";
}
