/** Placing and cancelling: asked once in words with the amounts, told afterwards what came of it. */

import { signIn } from "../fillwatch/sign_in.js";
import { toast } from "../fillwatch/flash.js";
import { OPEN, inWords, quantity } from "./row_text.js";
import { livenForm } from "./place_order_form.js";

const dialog = document.getElementById("dialog");
const ask = document.getElementById("ask");

const upper = (words) => words[0].toUpperCase() + words.slice(1);

function post(url, body = new FormData()) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "X-Requested-With": "fetch", "X-CSRFToken": token };
  return fetch(url, { method: "POST", body, headers });
}

/** Says why nothing came of it, if so: no answer, signed out meanwhile, or refused. */
function troubled(answer) {
  if (answer?.redirected) signIn(answer.url);
  else if (!answer) {
    const words = "Whether the wish arrived shows here as soon as the page is live again.";
    toast("The server did not answer", words, { kind: "error" });
  } else if (!answer.ok) {
    const words = "Nothing was done. Reload the page and try again.";
    toast(`The server refused (${answer.status})`, words, { kind: "error" });
  } else return false;
  return true;
}

/** Opens a form of the server in the one dialog. */
export async function openForm(url, title) {
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  if (troubled(answer)) return;
  fillDialog(title, await answer.text());
  dialog.showModal();
}

function fillDialog(title, html) {
  const heading = document.createElement("h2");
  heading.id = "dialog-title";
  heading.textContent = title;
  dialog.innerHTML = html;
  dialog.prepend(heading);
  livenForm(dialog);
  dialog.querySelector("[aria-invalid=true], .wrong input, .wrong select")?.focus();
}

function askFor(order) {
  const words = ask.querySelector(".words");
  const filled = order.filled === "0" ? "" : ` ${quantity(order.filled)} is filled and stays so.`;
  const left = ` ${quantity(order.remaining)} is still open.`;
  words.textContent = `${upper(inWords(order))}.${filled}${left}`;
  ask.returnValue = "";
  ask.showModal();
  return new Promise((resolve) => {
    ask.addEventListener("close", () => resolve(ask.returnValue === "yes"), { once: true });
  });
}

export class Acts {
  constructor(board) {
    this.board = board;
    this.asked = new Map(); // orders whose end somebody here waits for: id -> the group asked
    dialog.addEventListener("submit", (event) => this.submit(event));
  }

  async cancel(order) {
    if (!OPEN.has(order.status) || order.cancel_requested || !(await askFor(order))) return;
    const answer = await post(`/orders/${order.id}/cancel/`).catch(() => null);
    if (troubled(answer)) return;
    this.wait([await answer.json()]);
  }

  wait(orders) {
    const group = { size: orders.length, left: orders.length, cancelled: 0 };
    for (const order of orders) {
      this.asked.set(order.id, group);
      this.board.apply(order, { mine: true });
      this.heard(this.board.known.get(order.id)); // the venue may have been faster than the answer
    }
  }

  /** Says what the venue confirmed, when it has for all that was asked. */
  heard(order) {
    const group = this.asked.get(order.id);
    if (!group || OPEN.has(order.status)) return;
    this.asked.delete(order.id);
    if (order.status === "canceled") group.cancelled++;
    if (--group.left > 0) return;
    if (group.size === 1 && group.cancelled) toast("Cancelled", `${upper(inWords(order))}.`);
    else if (group.size > 1) toast(`${group.cancelled} of ${group.size} cancelled`, outcome(group));
  }

  async submit(event) {
    const form = event.target;
    if (!form.dataset.form) return;
    event.preventDefault();
    const button = form.querySelector(".button.main");
    if (button.disabled) return;
    button.disabled = true;
    const answer = await post(form.getAttribute("action"), new FormData(form)).catch(() => null);
    button.disabled = false;
    if (answer?.status === 422) return fillDialog("Place an order", await answer.text());
    if (troubled(answer)) return;
    dialog.close();
    const done = await answer.json();
    if (form.dataset.form === "place") this.board.apply(done, { mine: true });
    else this.waitForAll(done.orders);
  }

  waitForAll(orders) {
    toast(`Asked to cancel ${orders.length}`, "Each ends when its venue confirms it.");
    this.wait(orders);
  }
}

function outcome({ size, cancelled }) {
  return size === cancelled ? "The venue confirmed all." : "The others ended before the wish arrived.";
}
