/** The form that places an order: hides what a market order has not, and says the order in words. */

import { price, units } from "./cells.js";

const NUMBER = /^\d{1,20}(\.\d{1,18})?$/;

/** The worth of an order, exact: both sides are counted in the smallest unit. */
function worth(amount, at) {
  const product = (units(amount) * units(at)) / 10n ** 18n;
  const text = String(product).padStart(19, "0");
  const cut = `${text.slice(0, -18)}.${text.slice(-18, -10)}`.replace(/\.?0+$/, "");
  return price(cut);
}

export function words(values) {
  const { side, symbol, type, quantity: amount, price: at } = values;
  const [base, quote] = (symbol ?? "").toUpperCase().split("/");
  if (!base || !quote || !NUMBER.test(amount ?? "")) return "Place order";
  const verb = side === "sell" ? "Sell" : "Buy";
  if (type === "market") return `${verb} ${amount} ${base} at market`;
  return NUMBER.test(at ?? "") ? `${verb} ${amount} ${base} for ${worth(amount, at)} ${quote}` : "Place order";
}

export function livenForm(root) {
  const form = root.querySelector("form[data-form=place]");
  if (!form) return;
  const paint = () => {
    const values = Object.fromEntries(new FormData(form));
    const market = values.type === "market";
    for (const name of ["price", "time_in_force"]) {
      form.querySelector(`[data-field=${name}]`).classList.toggle("unused", market);
      form.elements[name].disabled = market;
    }
    form.querySelector(".button.main").textContent = words(values);
  };
  form.addEventListener("input", paint);
  paint();
}
