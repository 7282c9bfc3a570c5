/** The page without a mouse. Keys do nothing while somebody types or a dialog is open. */

import { showRow } from "./far_rows.js";

const isTypedInto = (target) => target.closest("input, select, textarea, [contenteditable]");

export function enableKeys({ table, actions, chosen, navigation, togglePause, openOrderForm }) {
  const findFocusedRow = () => document.activeElement?.closest(".order");
  const moveFocus = (by) => {
    const rows = [...document.querySelectorAll(".orders .order:not([hidden])")];
    const index = rows.indexOf(findFocusedRow());
    const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + by))];
    if (next) showRow(next); // what takes no part in the layout takes no focus
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const cancelFocused = () => {
    const order = table.orders.get(Number(findFocusedRow()?.dataset.id) || navigation.shownOrder);
    if (order) actions.cancelOrder(order);
  };
  const actionsByKey = {
    "/": () => document.querySelector(".filters [name=q]").select(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    c: cancelFocused,
    x: () => chosen.toggle(findFocusedRow()),
    n: openOrderForm,
    p: togglePause,
    Enter: () => navigation.showTimeline(findFocusedRow().dataset.id),
    Escape: () => navigation.showTimeline(null),
  };
  document.addEventListener("keydown", (event) => {
    const action = actionsByKey[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && isTypedInto(event.target)) return event.target.blur();
    if (isTypedInto(event.target)) return;
    if (event.key === "Enter" && !event.target.matches(".order")) return; // a link or a button
    event.preventDefault();
    action();
  });
}
