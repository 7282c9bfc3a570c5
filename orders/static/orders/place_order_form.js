/** The forms that place orders: shows what its type and key need, and the order on its button. */

import { translate } from "../fillwatch/translate.js";
import { enablePreview } from "./order_preview.js";
import { describeExits, describeForm } from "./order_words.js";

// The fields of each type besides its amount; orders/validation.py has the same rules.
const FIELDS_BY_TYPE = {
  limit: ["quote_amount", "price", "time_in_force", "good_till"],
  market: ["quote_amount"],
  stop_loss: ["quote_amount", "trigger_price", "price", "time_in_force"],
  take_profit: ["quote_amount", "trigger_price", "price", "time_in_force"],
  trailing_stop: ["trailing_percent"],
};
const OPTIONAL_FIELDS = [
  ...["price", "time_in_force", "good_till", "trigger_price", "trailing_percent", "quote_amount"],
];

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
  if (type !== "market") unused.delete("quote_amount"); // turned into an amount by the order's own price
  if (form.elements.time_in_force.value !== "GTD") unused.add("good_till");
  for (const name of OPTIONAL_FIELDS) {
    const isUsed = FIELDS_BY_TYPE[type].includes(name) && !unused.has(name);
    form.querySelector(`[data-field=${name}]`).classList.toggle("unused", !isUsed);
    form.elements[name].disabled = !isUsed;
  }
  form.elements.price.placeholder = type === "limit" ? "0.00" : translate("at market");
  form.querySelector(".button.main").textContent = describeForm(Object.fromEntries(new FormData(form)));
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
  if (form.dataset.form === "place") enablePreview(form);
}
