/** The text on the button of a form that places orders: what it would place, exact to the last digit. */

import { translate } from "../fillwatch/translate.js";
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
  const isSale = side === "sell";
  const sum = values.quote_amount ?? "";
  if (base && quote && !amount && NUMBER.test(sum)) {
    const words = { coin: base, money: `${formatPrice(sum)} ${quote}` };
    return isSale ? translate("Sell %(coin)s for %(money)s", words) : translate("Buy %(coin)s for %(money)s", words);
  }
  const unfinished = translate("Place order");
  if (!base || !quote || !NUMBER.test(amount ?? "")) return unfinished;
  const words = { amount: `${amount} ${base}` };
  const order = isSale ? translate("Sell %(amount)s", words) : translate("Buy %(amount)s", words);
  const [trigger, percent] = [values.trigger_price ?? "", values.trailing_percent ?? ""];
  if (type === "trailing_stop") {
    return NUMBER.test(percent) ? translate("%(order)s %(percent)s %% behind the price", { order, percent }) : unfinished;
  }
  const start = NUMBER.test(trigger) ? translate("from %(price)s on", { price: formatPrice(trigger) }) : "";
  const atMarket = translate("%(order)s at market", { order });
  if (type.startsWith("stop") || type.startsWith("take")) {
    if (!start) return unfinished;
    if (!price) return `${atMarket} ${start}`;
  }
  if (type === "market") return atMarket;
  if (!NUMBER.test(price ?? "")) return unfinished;
  const worth = translate("%(order)s for %(money)s", { order, money: `${formatValue(amount, price)} ${quote}` });
  return start ? `${worth} ${start}` : worth;
}

/** The text of the button for two exits. */
export function describeExits({ side, symbol, quantity, take_profit: profit, stop_loss: loss }) {
  const [base] = (symbol ?? "").toUpperCase().split("/");
  if (!base || ![quantity, profit, loss].every((value) => NUMBER.test(value ?? ""))) return translate("Place both exits");
  const words = { amount: `${quantity} ${base}`, profit: formatPrice(profit), loss: formatPrice(loss) };
  return side === "sell"
    ? translate("Sell %(amount)s from %(profit)s or %(loss)s on", words)
    : translate("Buy %(amount)s from %(profit)s or %(loss)s on", words);
}
