/** The order book of one market: asked anew while it is seen; a level fills the price of the form. */

import { fetchPart } from "../fillwatch/server.js";

const PERIOD_MS = 3000; // all who look share an answer of two seconds, so this costs the venue little

/** Shows the levels as they are now, without moving the focus. */
export function followLadder(part, usePrice) {
  let isAsking = false;

  async function refresh() {
    if (isAsking || document.hidden) return;
    isAsking = true;
    const html = await fetchPart(part.dataset.address);
    isAsking = false;
    if (html === null) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    if (part.matches(":active")) return; // a click is on its way
    part.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  part.addEventListener("click", (event) => {
    const link = event.target.closest("[data-price]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (usePrice(link.dataset.price)) event.preventDefault();
  });
  refresh();
  setInterval(refresh, PERIOD_MS);
}
