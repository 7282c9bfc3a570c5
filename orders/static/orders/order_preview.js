/** The preview in the form that places an order: asked of the server while it is written, and as prices move. */

import { fetchPart } from "../fillwatch/server.js";

const PAUSE_MS = 250; // after the last key
const PRICE_MS = 2000; // how old a shown price may become
const NEITHER = { quantity: "quote_amount", quote_amount: "quantity" }; // an order has one of the two
const SECRET = new Set(["csrfmiddlewaretoken", "idempotency_key"]);

function writeQuery(form) {
  return new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && !SECRET.has(name)));
}

/** Writes the value of a button into its field, as a person would. */
function fillField(form, [name, value]) {
  const field = form.elements[name];
  field.disabled = false;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function enablePreview(form) {
  const part = form.querySelector("[data-preview]");
  let timer = 0;
  let newest = 0;

  async function refresh() {
    const number = ++newest;
    const html = await fetchPart(`${part.dataset.preview}?${writeQuery(form)}`);
    if (number === newest && html !== null) showPart(html);
  }

  function showPart(html) {
    if (part.innerHTML === html || part.contains(document.activeElement) && part.querySelector(":active")) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
  }

  form.addEventListener("input", (event) => {
    const other = NEITHER[event.target.name];
    if (other && event.target.value) form.elements[other].value = "";
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MS);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[name=fill]");
    if (!button) return;
    event.preventDefault();
    fillField(form, button.value.split("="));
  });
  form.querySelector("[name=preview]").hidden = true; // what the button shows is shown anyway
  const prices = setInterval(() => {
    if (!form.isConnected) clearInterval(prices);
    else if (!document.hidden && form.offsetParent) refresh();
  }, PRICE_MS);
}
