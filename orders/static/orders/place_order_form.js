/** The form that places an order: shows what fits its type and key, and says the order in words. */

import { price, units } from "./row_text.js";

const NUMBER = /^\d{1,20}(\.\d{1,18})?$/;

/** The worth of an order, exact: both sides are counted in the smallest unit. */
function worth(amount, at) {
  const product = (units(amount) * units(at)) / 10n ** 18n;
  const text = String(product).padStart(19, "0");
  const cut = `${text.slice(0, -18)}.${text.slice(-18, -10)}`.replace(/\.?0+$/, "");
  return price(cut);
}

// What each type has besides its amount; orders/validation.py says the same.
const FITTING = {
  limit: ["price", "time_in_force"],
  market: [],
  stop_loss: ["trigger_price", "price", "time_in_force"],
  take_profit: ["trigger_price", "price", "time_in_force"],
  trailing_stop: ["trailing_percent"],
};
const OPTIONAL = ["price", "time_in_force", "trigger_price", "trailing_percent"];

export function words(values) {
  const { side, symbol, type, quantity: amount, price: at } = values;
  const [base, quote] = (symbol ?? "").toUpperCase().split(":")[0].split("/");
  if (!base || !quote || !NUMBER.test(amount ?? "")) return "Place order";
  const verb = side === "sell" ? "Sell" : "Buy";
  const what = `${verb} ${amount} ${base}`;
  const [trigger, percent] = [values.trigger_price ?? "", values.trailing_percent ?? ""];
  if (type === "trailing_stop") {
    return NUMBER.test(percent) ? `${what} ${percent} % behind the price` : "Place order";
  }
  const when = NUMBER.test(trigger) ? ` from ${price(trigger)} on` : "";
  if (type.startsWith("stop") || type.startsWith("take")) {
    if (!when) return "Place order";
    if (!at) return `${what} at market${when}`;
  }
  if (type === "market") return `${what} at market`;
  return NUMBER.test(at ?? "") ? `${what} for ${worth(amount, at)} ${quote}${when}` : "Place order";
}

export function livenForm(root) {
  const form = root.querySelector("form[data-form=place]");
  if (!form) return;
  const paint = () => {
    const { type } = Object.fromEntries(new FormData(form));
    for (const name of OPTIONAL) {
      const fits = FITTING[type].includes(name);
      form.querySelector(`[data-field=${name}]`).classList.toggle("unused", !fits);
      form.elements[name].disabled = !fits;
    }
    form.elements.price.placeholder = type === "limit" ? "0.00" : "at market";
    const futures = form.querySelector("[data-futures]");
    const market = form.elements.key.selectedOptions[0]?.dataset.market;
    if (futures) futures.hidden = futures.disabled = market !== "futures";
    form.querySelector(".button.main").textContent = words(Object.fromEntries(new FormData(form)));
  };
  form.addEventListener("input", paint);
  paint();
}
