/** The form beside the chart of a market: places an order and stays, with a new name for the next one. */

import { showFlash } from "../fillwatch/flash.js";
import { fetchPart, postForm, reportFailure } from "../fillwatch/server.js";
import { translate } from "../fillwatch/translate.js";
import { enableOrderForm } from "./place_order_form.js";
import { describeOrder } from "./row_text.js";

const KEPT = ["key", "symbol", "side", "type"];

/** A name for the next order, as the server gives one: 32 random hexadecimal digits. */
function createName() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class MarketForm {
  constructor(root, applyOrder) {
    this.root = root;
    this.applyOrder = applyOrder;
    root.addEventListener("submit", (event) => this.submit(event));
    enableOrderForm(root);
  }

  /** Writes a price into the form; returns whether the chosen type has one. */
  usePrice(price) {
    const field = this.root.querySelector("[name=price]");
    if (!field || field.disabled) return false;
    field.value = price;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus({ preventScroll: true });
    return true;
  }

  async submit(event) {
    event.preventDefault();
    const form = event.target;
    if (this.isSending) return; // a double click places one order
    this.isSending = true;
    const response = await postForm(form.getAttribute("action"), new FormData(form));
    this.isSending = false;
    if (response?.status === 422) return this.show(await response.text());
    if (await reportFailure(response)) return;
    const order = await response.json();
    showFlash(translate("Handed on"), `${describeOrder(order)}.`);
    this.applyOrder(order);
    await this.renew(form);
  }

  async renew(form) {
    const query = new URLSearchParams(KEPT.map((name) => [name, new FormData(form).get(name) ?? ""]));
    const html = await fetchPart(`${form.getAttribute("action")}?${query}`);
    if (html !== null) this.show(html);
    else form.elements.idempotency_key.value = createName(); // else the next order would be this one again
  }

  show(html) {
    this.root.innerHTML = html;
    this.root.querySelector("[data-act=close-dialog]")?.remove(); // it is no dialog here
    enableOrderForm(this.root);
    this.root.querySelector(".wrong input, .wrong select")?.focus();
  }
}
