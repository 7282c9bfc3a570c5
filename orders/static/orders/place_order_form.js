/** The forms that place orders: shows what its type and key need, and the order on its button. */

import { countUnits, formatPrice } from "./row_text.js";

const NUMBER = /^\d{1,20}(\.\d{1,18})?$/;

/** The value of an order, exact: both factors are counted in the smallest unit. */
function formatValue(amount, price) {
  const product = (countUnits(amount) * countUnits(price)) / 10n ** 18n;
  const digits = String(product).padStart(19, "0");
  return formatPrice(`${digits.slice(0, -18)}.${digits.slice(-18, -10)}`.replace(/\.?0+$/, ""));
}

// The fields of each type besides its amount; orders/validation.py has the same rules.
const FIELDS_BY_TYPE = {
  limit: ["price", "time_in_force", "good_till"],
  market: ["quote_amount"],
  stop_loss: ["trigger_price", "price", "time_in_force"],
  take_profit: ["trigger_price", "price", "time_in_force"],
  trailing_stop: ["trailing_percent"],
};
const OPTIONAL_FIELDS = [
  ...["price", "time_in_force", "good_till", "trigger_price", "trailing_percent", "quote_amount"],
];

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

/** Shows the fields that the chosen key's market has; returns the names of what it lacks. */
function showFieldsOfKey(form) {
  const { market, lacks = "" } = form.elements.key.selectedOptions[0]?.dataset ?? {};
  const lacking = new Set(lacks.split(" "));
  const futures = form.querySelector("[data-futures]");
  if (futures) {
    futures.hidden = futures.disabled = market !== "futures";
    futures.querySelector("[data-field=position_side]").hidden = lacking.has("position_side");
    form.elements.position_side.disabled = lacking.has("position_side");
  }
  const exits = form.querySelector("details.exits");
  if (exits) exits.hidden = lacking.has("exits");
  for (const radio of form.querySelectorAll("[name=type]")) {
    radio.disabled = lacking.has(radio.value);
    radio.closest("label").hidden = radio.disabled;
    if (radio.disabled && radio.checked) form.querySelector("[name=type][value=limit]").checked = true;
  }
  return lacking;
}

function showFieldsOfType(form, lacking) {
  const { type } = Object.fromEntries(new FormData(form));
  const unused = new Set(lacking);
  if (form.elements.time_in_force.value !== "GTD") unused.add("good_till");
  for (const name of OPTIONAL_FIELDS) {
    const isUsed = FIELDS_BY_TYPE[type].includes(name) && !unused.has(name);
    form.querySelector(`[data-field=${name}]`).classList.toggle("unused", !isUsed);
    form.elements[name].disabled = !isUsed;
  }
  form.elements.price.placeholder = type === "limit" ? "0.00" : "at market";
  form.querySelector(".button.main").textContent = describeForm(Object.fromEntries(new FormData(form)));
}

/** The text of the button for two exits. */
export function describeExits({ side, symbol, quantity, take_profit: profit, stop_loss: loss }) {
  const [base] = (symbol ?? "").toUpperCase().split("/");
  if (!base || ![quantity, profit, loss].every((value) => NUMBER.test(value ?? ""))) return "Place both exits";
  const verb = side === "sell" ? "Sell" : "Buy";
  return `${verb} ${quantity} ${base} from ${formatPrice(profit)} or ${formatPrice(loss)} on`;
}

export function enableOrderForm(root) {
  const form = root.querySelector("form:is([data-form=place], [data-form=oco])");
  if (!form) return;
  const paint = () => {
    const lacking = showFieldsOfKey(form);
    if (form.dataset.form === "place") showFieldsOfType(form, lacking);
    else form.querySelector(".button.main").textContent = describeExits(Object.fromEntries(new FormData(form)));
  };
  form.addEventListener("input", paint);
  paint();
}
