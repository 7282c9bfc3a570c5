/** Placing and cancelling: asked once with the amounts, and reported once the venue confirmed it. */

import { showDialog } from "../fillwatch/dialog.js";
import { showFlash } from "../fillwatch/flash.js";
import { postForm, reportFailure, requestFragment } from "../fillwatch/server.js";
import { translate } from "../fillwatch/translate.js";
import { enableOrderForm } from "./place_order_form.js";
import { OPEN, describeOrder, formatQuantity } from "./row_text.js";

const MOST_TOLD = 2; // refusals told one by one
const dialog = document.getElementById("dialog");
const confirmation = document.getElementById("ask");

export const capitalise = (text) => text[0].toUpperCase() + text.slice(1);

/** Opens a form of the server in the page's dialog; returns whether it could. */
export async function openForm(url, title) {
  const response = await requestFragment(url);
  if (await reportFailure(response)) return false;
  showForm(title, await response.text());
  return true;
}

function showForm(title, html) {
  showDialog(dialog, html, title);
  enableOrderForm(dialog);
  (dialog.querySelector("[aria-invalid=true], .wrong input, .wrong select") ?? findFirstField(dialog))?.focus();
}

/** What is typed first into the form of an order; on a phone its keyboard would cover the form. */
function findFirstField(root) {
  const form = matchMedia("(pointer: fine)").matches && root.querySelector("form[data-form=place]");
  if (!form) return null;
  const { symbol, quantity } = form.elements;
  return symbol.value ? quantity : symbol;
}

function confirmCancel(order) {
  const filled = order.filled === "0" ? "" : translate("%(quantity)s is filled and stays so.", { quantity: formatQuantity(order.filled) });
  const remaining = translate("%(quantity)s is still open.", { quantity: formatQuantity(order.remaining) });
  const words = [`${capitalise(describeOrder(order))}.`, filled, remaining];
  confirmation.querySelector(".words").textContent = words.filter(Boolean).join(" ");
  confirmation.returnValue = "";
  confirmation.showModal();
  return new Promise((resolve) => {
    const answer = () => resolve(confirmation.returnValue === "yes");
    confirmation.addEventListener("close", answer, { once: true });
  });
}

export class OrderActions {
  constructor(table) {
    this.table = table;
    this.cancelling = new Map(); // order id -> the group that was cancelled together
    dialog.addEventListener("submit", (event) => this.submitForm(event));
  }

  async cancelOrder(order) {
    if (!OPEN.has(order.status) || order.cancel_requested || !(await confirmCancel(order))) return;
    const response = await postForm(`/orders/${order.id}/cancel/`);
    if (await reportFailure(response)) return;
    this.awaitEnds([await response.json()]);
  }

  awaitEnds(orders) {
    const group = { size: orders.length, open: orders.length, cancelled: 0 };
    for (const order of orders) {
      this.cancelling.set(order.id, group);
      this.table.applyOrder(order, { isOwn: true });
      this.noteEnd(this.table.newest.get(order.id)); // the venue may have been faster than the answer
    }
  }

  /** Reports what the venue confirmed, once every order of the group has ended. */
  noteEnd(order) {
    const group = this.cancelling.get(order.id);
    if (!group || OPEN.has(order.status)) return;
    this.cancelling.delete(order.id);
    if (order.status === "canceled") group.cancelled++;
    if (--group.open > 0) return;
    if (group.size === 1 && group.cancelled) showFlash(translate("Cancelled"), `${capitalise(describeOrder(order))}.`);
    else if (group.size > 1) showFlash(translate("%(cancelled)s of %(size)s cancelled", group), describeOutcome(group));
  }

  /** Says of each order that was left why; the others end when their venue confirms it. */
  reportChosen({ orders, refused }) {
    this.onChosen?.();
    showFlash(translate("Asked to cancel %(count)s", { count: orders.length }), translate("Each ends when its venue confirms it."));
    for (const { id, reason } of refused.slice(0, MOST_TOLD)) {
      showFlash(translate("Order %(id)s was left", { id }), reason, { kind: "warning", href: `?order=${id}` });
    }
    if (refused.length > MOST_TOLD) {
      showFlash(translate("%(count)s orders were left", { count: refused.length }), "", { kind: "warning" });
    }
    this.awaitEnds(orders);
  }

  async submitForm(event) {
    const form = event.target;
    if (!form.dataset.form) return;
    event.preventDefault();
    const button = form.querySelector(".button.main");
    if (button.disabled) return;
    button.disabled = true;
    const response = await postForm(form.getAttribute("action"), new FormData(form));
    button.disabled = false;
    if (response?.status === 422) return showForm(dialog.querySelector("#dialog-title").textContent, await response.text());
    if (await reportFailure(response)) return;
    dialog.close();
    const result = await response.json();
    if (form.dataset.form === "cancel-chosen") return this.reportChosen(result);
    if (form.dataset.form !== "cancel-all") {
      for (const order of result.orders ?? [result]) this.table.applyOrder(order, { isOwn: true });
      return;
    }
    const words = [translate("Each ends when its venue confirms it.")];
    if (result.left) words.push(translate("Still open: %(count)s. Cancel all once more.", { count: result.left }));
    if (result.bots.length) words.push(translate("These bots stop: %(bots)s.", { bots: result.bots.join(", ") }));
    showFlash(translate("Asked to cancel %(count)s", { count: result.orders.length }), words.join(" "));
    this.awaitEnds(result.orders);
  }
}

function describeOutcome({ size, cancelled }) {
  return size === cancelled ? translate("The venue confirmed all.") : translate("The others ended before the request arrived.");
}
