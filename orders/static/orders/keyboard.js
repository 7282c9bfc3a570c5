/** The page without a mouse. Keys do nothing while somebody types or a dialog is open. */

const typing = (target) => target.closest("input, select, textarea, [contenteditable]");

export function listen({ board, acts, navigation, pause, place }) {
  const rows = () => [...document.querySelectorAll(".orders .order")];
  const current = () => document.activeElement?.closest(".order");
  const step = (by) => {
    const all = rows();
    const at = all.indexOf(current());
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => board.orders.get(Number(current()?.dataset.id) || navigation.shown);
  const keys = {
    "/": () => document.querySelector(".filters [name=q]").select(),
    j: () => step(1),
    k: () => step(-1),
    c: () => chosen() && acts.cancel(chosen()),
    n: place,
    p: pause,
    "?": () => document.getElementById("help").showModal(),
    Enter: () => navigation.show(current().dataset.id),
    Escape: () => navigation.show(null),
  };
  document.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target)) return;
    if (event.key === "Enter" && !event.target.matches(".order")) return; // a link or a button
    event.preventDefault();
    act();
  });
}
