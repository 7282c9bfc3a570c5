/** The text on the button of a form that places orders: what it would place, exact to the last digit. */

import { countUnits, formatPrice } from "./row_text.js";

const NUMBER = /^\d{1,20}(\.\d{1,18})?$/;

/** The value of an order, exact: both factors are counted in the smallest unit. */
function formatValue(amount, price) {
  const product = (countUnits(amount) * countUnits(price)) / 10n ** 18n;
  const digits = String(product).padStart(19, "0");
  return formatPrice(`${digits.slice(0, -18)}.${digits.slice(-18, -10)}`.replace(/\.?0+$/, ""));
}

/** The text of the button: the order as it stands in the form, or "Place order" while it is unfinished. */
export function describeForm(values) {
  const { side, symbol, type, quantity: amount, price } = values;
  const [base, quote] = (symbol ?? "").toUpperCase().split(":")[0].split("/");
  const verb = side === "sell" ? "Sell" : "Buy";
  const sum = values.quote_amount ?? "";
  if (base && quote && !amount && NUMBER.test(sum)) return `${verb} ${base} for ${formatPrice(sum)} ${quote}`;
  if (!base || !quote || !NUMBER.test(amount ?? "")) return "Place order";
  const trade = `${verb} ${amount} ${base}`;
  const [trigger, percent] = [values.trigger_price ?? "", values.trailing_percent ?? ""];
  if (type === "trailing_stop") {
    return NUMBER.test(percent) ? `${trade} ${percent} % behind the price` : "Place order";
  }
  const start = NUMBER.test(trigger) ? ` from ${formatPrice(trigger)} on` : "";
  if (type.startsWith("stop") || type.startsWith("take")) {
    if (!start) return "Place order";
    if (!price) return `${trade} at market${start}`;
  }
  if (type === "market") return `${trade} at market`;
  return NUMBER.test(price ?? "") ? `${trade} for ${formatValue(amount, price)} ${quote}${start}` : "Place order";
}

/** The text of the button for two exits. */
export function describeExits({ side, symbol, quantity, take_profit: profit, stop_loss: loss }) {
  const [base] = (symbol ?? "").toUpperCase().split("/");
  if (!base || ![quantity, profit, loss].every((value) => NUMBER.test(value ?? ""))) return "Place both exits";
  const verb = side === "sell" ? "Sell" : "Buy";
  return `${verb} ${quantity} ${base} from ${formatPrice(profit)} or ${formatPrice(loss)} on`;
}
