/**
 * The texts of a row of the table: the same as orders/web/row_text.py writes on the server.
 * Money stays a string and never becomes a float.
 */

import { readSeparators, writeNumber } from "../fillwatch/numbers.js";
import { formatAge, formatDayOrTime, formatMoment, formatUtc } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";

export const OPEN = new Set(["pending", "unknown", "new", "partially_filled"]);
const PRICE_DECIMALS = 2;
const QUANTITY_DECIMALS = 4;
const GROUP_KINDS = { bracket: translate("Bracket"), oco: "OCO" };
const TYPES = {
  limit: translate("limit"),
  market: translate("market"),
  stop_loss: translate("stop loss"),
  take_profit: translate("take profit"),
  trailing_stop: translate("trailing stop"),
};
const POSITION_SIDES = { long: translate("long"), short: translate("short") };
const STATUS = {
  pending: translate("Pending"),
  unknown: translate("Unknown"),
  new: translate("Open"),
  partially_filled: translate("Partially filled"),
  filled: translate("Filled"),
  canceled: translate("Cancelled"),
  expired: translate("Expired"),
  rejected: translate("Rejected"),
  denied: translate("Denied"),
};

/** Every text of one row, by the name of its cell in _order_row.html. */
export function buildRowText(order, now) {
  const external = order.origin === "external";
  const times = buildTimeText(order, now);
  const { open } = times;
  return {
    id: order.id,
    version: order.version,
    status: order.status,
    side: order.side,
    ...times,
    symbol: order.symbol,
    group: describeGroup(order),
    side_word: order.side === "buy" ? translate("▲ Buy") : translate("▼ Sell"),
    type: describeType(order),
    ...buildNumber("price", findShownPrice(order), PRICE_DECIMALS),
    ...buildNumber("quantity", order.quantity, QUANTITY_DECIMALS),
    ...buildNumber("filled", order.filled, QUANTITY_DECIMALS),
    ...buildNumber("average", order.average_price, PRICE_DECIMALS),
    ...buildNumber("value", computeValue(order), PRICE_DECIMALS),
    percent: countPercent(order),
    status_word: STATUS[order.status] ?? order.status,
    note: describeEnd(order, open),
    key: order.key_label,
    simulated: order.simulated,
    external,
    bot: order.bot_name ?? "",
    bot_address: order.bot ? `/bots/${order.bot}/` : "",
    cancel_words: translate("Cancel %(order)s", { order: describeOrder(order) }),
    cancellable: open && !order.cancel_requested && !external,
  };
}

/** The texts of a row that depend on the clock of the reader. */
export function buildTimeText(order, now) {
  const open = OPEN.has(order.status);
  return {
    open,
    time_at: order.created_at,
    time: formatMoment(order.created_at, now),
    time_utc: formatUtc(order.created_at),
    checked_at: open ? (order.checked_at ?? order.created_at) : order.ended_at,
    checked: open
      ? formatAge(order.checked_at, now)
      : translate("ended %(time)s", { time: formatDayOrTime(order.ended_at ?? order.created_at, now) }),
    checked_utc: formatUtc(open ? order.checked_at : order.ended_at),
  };
}

function buildNumber(name, value, leastDecimals) {
  const [whole, digits, zeros] = splitNumber(value, leastDecimals);
  return { [`${name}_whole`]: whole, [`${name}_digits`]: digits, [`${name}_zeros`]: zeros };
}

/** A number in three parts: before the point, after it, and the zeros that only fill up. */
export function splitNumber(value, leastDecimals) {
  if (value === null) return ["–", "", ""];
  const [whole, decimals = ""] = value.split(".");
  const digits = decimals.replace(/0+$/, "");
  const zeros = "0".repeat(Math.max(0, leastDecimals - digits.length));
  const { group, point } = readSeparators();
  const grouped = whole.replace("-", "").replace(/\B(?=(\d{3})+$)/g, group);
  const sign = value.startsWith("-") ? "−" : "";
  return [sign + grouped, digits && point + digits, digits || !zeros ? zeros : point + zeros];
}

export const formatPrice = (value) => splitNumber(value, PRICE_DECIMALS).join("");
export const formatQuantity = (value) => splitNumber(value, QUANTITY_DECIMALS).join("");

/** The group of an order, so that its orders are seen to belong together: OCO 12. */
export function describeGroup({ group }) {
  return group?.kind ? `${GROUP_KINDS[group.kind]} ${group.id}` : "";
}

/** The name of a type; one that only a venue has, by its own words. */
export const nameType = (type) => TYPES[type] ?? type.replaceAll("_", " ");

const hasOnlyTrigger = (order) => order.price === null && order.take_profit_price === null;

/** The price of the row: the order's own, or the one at which a stop becomes active. */
export const findShownPrice = (order) => (hasOnlyTrigger(order) ? order.trigger_price : order.price);

/** The type, with what the row's price does not say: limit post only, stop loss, market reduce only. */
function describeType(order) {
  const timeInForce = order.time_in_force;
  const parts = [nameType(order.type)];
  if (order.quote_amount !== null) parts.push(translate("for %(money)s", { money: formatPrice(order.quote_amount) }));
  if (order.trigger_price !== null && !hasOnlyTrigger(order)) {
    parts.push(translate("at %(price)s", { price: formatPrice(order.trigger_price) }));
  }
  if (order.take_profit_price !== null) {
    parts.push(translate("or %(price)s", { price: formatPrice(order.take_profit_price) }));
  }
  if (order.trailing_percent !== null) parts.push(`${writeNumber(order.trailing_percent)} %`);
  if (order.type !== "market" && timeInForce !== "GTC") {
    parts.push(timeInForce === "PO" ? translate("post only") : timeInForce);
  }
  if (order.reduce_only) parts.push(translate("reduce only"));
  if (["long", "short"].includes(order.position_side)) parts.push(POSITION_SIDES[order.position_side]);
  if (order.closes_position) parts.push(translate("whole position"));
  return parts.join(" ");
}

/** The order as a person would say it: buy 0.0100 BTC at 42,150.00 USDT. */
export function describeOrder(order) {
  const [base, quotes = ""] = order.symbol.split("/");
  const [quote] = quotes.split(":");
  const amount =
    order.quote_amount === null
      ? `${formatQuantity(order.quantity)} ${base}`
      : translate("%(coin)s for %(money)s", { coin: base, money: `${formatPrice(order.quote_amount)} ${quote}` });
  const price = (value) => `${formatPrice(value)} ${quote}`.trimEnd();
  let text = order.side === "buy" ? translate("buy %(amount)s", { amount }) : translate("sell %(amount)s", { amount });
  if (order.reduce_only) text = translate("%(order)s, only to reduce", { order: text });
  if (order.trigger_price !== null) {
    text = translate("%(order)s, from %(price)s on,", { order: text, price: price(order.trigger_price) });
  }
  if (order.trailing_percent !== null) {
    const percent = writeNumber(order.trailing_percent);
    text = translate("%(order)s, %(percent)s %% behind the price,", { order: text, percent });
  }
  if (order.price === null) return translate("%(order)s at market", { order: text });
  return translate("%(order)s at %(price)s", { order: text, price: price(order.price) });
}

/** An exact whole number of the smallest unit there is: 18 decimals. */
export function countUnits(value) {
  const [whole, decimals = ""] = value.split(".");
  return BigInt(whole + decimals.padEnd(18, "0").slice(0, 18));
}

/** What an order is worth in its quote currency, cut to two decimals from 100 on, else to eight. */
export function computeValue(order) {
  if (!OPEN.has(order.status)) return cutDigits(countUnits(order.cost));
  if (order.quote_amount !== null) return order.quote_amount;
  const price = order.price ?? order.trigger_price;
  const [pair, settle = ""] = order.symbol.split(":");
  if (price === null || order.quantity === "0" || settle.split("-")[0] === pair.split("/")[0]) return null;
  return cutDigits((countUnits(price) * countUnits(order.quantity)) / 10n ** 18n);
}

function cutDigits(exact) {
  const units = exact >= 100n * 10n ** 18n ? exact - (exact % 10n ** 16n) : exact;
  const digits = String(units / 10n ** 10n).padStart(9, "0");
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`.replace(/\.?0+$/, "");
}

/** How far an open order's price is from the market: −1.72 %; empty without a price. */
export function describeDistance(order, last) {
  const price = order.price ?? order.trigger_price;
  if (price === null || !last || !OPEN.has(order.status) || !Number(last)) return "";
  const share = Math.round((Number(price) / Number(last) - 1) * 10_000);
  const sign = share > 0 ? "+" : share < 0 ? "−" : "";
  const whole = String(Math.floor(Math.abs(share) / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
  return writeNumber(`${sign}${whole}.${String(Math.abs(share) % 100).padStart(2, "0")} %`);
}

function countPercent(order) {
  const quantity = countUnits(order.quantity); // none yet, of an order for all of a position
  return quantity === 0n ? 0n : (countUnits(order.filled) * 100n) / quantity;
}

function describeEnd(order, open) {
  if (order.ended_by === "hand") return translate("by hand at the exchange");
  if (order.ended_reason && order.status !== "filled") return order.ended_reason;
  if (!open) return "";
  if (order.cancel_requested) return translate("cancel asked");
  return order.amend_quantity ? translate("change asked") : "";
}

/** How many decimals a column needs for all its numbers to stand on their point. */
export function countDecimals(values, least) {
  return Math.max(least, ...values.map((value) => splitNumber(value ?? null, 0)[1].length - 1));
}
