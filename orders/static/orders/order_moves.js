/** Changing an order on its page or from its line on the chart: a form asks, and shows what was meant. */

import { translate } from "../fillwatch/translate.js";
import { openForm } from "./order_actions.js";

const TITLE = translate("Change this order?");

/** Asks about the price where a line was dropped. */
export function askToMove(order, field, price) {
  return openForm(`/orders/${order.id}/amend/?${field}=${price}`, TITLE);
}

/** Opens the form for links; when it is closed, the lines go back to where the orders are. */
export function enableMoves(chart) {
  document.getElementById("dialog").addEventListener("close", () => chart?.drawLines());
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("[data-act=amend], [data-act=close-dialog]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.act === "amend") openForm(link.href, TITLE);
    else link.closest("dialog").close();
  });
}
