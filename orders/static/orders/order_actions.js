/** Placing and cancelling: asked once with the amounts, and reported once the venue confirmed it. */

import { showDialog } from "../fillwatch/dialog.js";
import { showFlash } from "../fillwatch/flash.js";
import { postForm, reportFailure, requestFragment } from "../fillwatch/server.js";
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
  dialog.querySelector("[aria-invalid=true], .wrong input, .wrong select")?.focus();
}

function confirmCancel(order) {
  const filled = order.filled === "0" ? "" : ` ${formatQuantity(order.filled)} is filled and stays so.`;
  const remaining = ` ${formatQuantity(order.remaining)} is still open.`;
  confirmation.querySelector(".words").textContent = `${capitalise(describeOrder(order))}.${filled}${remaining}`;
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
    if (group.size === 1 && group.cancelled) showFlash("Cancelled", `${capitalise(describeOrder(order))}.`);
    else if (group.size > 1) showFlash(`${group.cancelled} of ${group.size} cancelled`, describeOutcome(group));
  }

  /** Says of each order that was left why; the others end when their venue confirms it. */
  reportChosen({ orders, refused }) {
    this.onChosen?.();
    showFlash(`Asked to cancel ${orders.length}`, "Each ends when its venue confirms it.");
    for (const { id, reason } of refused.slice(0, MOST_TOLD)) {
      showFlash(`Order ${id} was left`, reason, { kind: "warning", href: `?order=${id}` });
    }
    if (refused.length > MOST_TOLD) showFlash(`${refused.length} orders were left`, "", { kind: "warning" });
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
    const stopping = result.bots.length ? ` These bots stop: ${result.bots.join(", ")}.` : "";
    showFlash(`Asked to cancel ${result.orders.length}`, `Each ends when its venue confirms it.${stopping}`);
    this.awaitEnds(result.orders);
  }
}

function describeOutcome({ size, cancelled }) {
  return size === cancelled ? "The venue confirmed all." : "The others ended before the request arrived.";
}
