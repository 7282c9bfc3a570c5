/** An order that ended stays where it was for a moment, then it moves below, or leaves a list of open ones. */

import { OPEN } from "./row_text.js";

const MOMENT_MS = 5000;
const MOST_RECENT = 20;

export class EndedRows {
  constructor(table) {
    this.table = table;
    this.waiting = new Set();
  }

  /** Has the rows moved whose orders have ended, unless somebody is using them. */
  noteEnds() {
    const status = new URLSearchParams(location.search).get("status") ?? "";
    if (status !== "" && status !== "open") return;
    for (const row of this.table.listRows()) {
      const id = Number(row.dataset.id);
      if (row.hasAttribute("data-open") || this.waiting.has(id)) continue;
      this.waiting.add(id);
      this.moveLater(id, status);
    }
  }

  moveLater(id, status) {
    setTimeout(() => {
      const row = this.table.rows.get(id);
      if (!row || OPEN.has(row.dataset.status)) return this.waiting.delete(id);
      if (this.table.paused || document.hidden || row.matches(".chosen, :hover, :focus, :focus-within")) {
        return this.moveLater(id, status);
      }
      this.waiting.delete(id);
      if (status === "open") this.table.dropRow(id);
      else this.moveBelow(row);
    }, MOMENT_MS);
  }

  moveBelow(row) {
    const body = document.getElementById("recent");
    if (!body || row.parentElement === body) return;
    body.hidden = false;
    row.hidden = false;
    row.classList.remove("leg");
    body.rows[0].after(row); // the first one says what these are
    for (const old of [...body.rows].slice(MOST_RECENT + 1)) this.table.dropRow(Number(old.dataset.id));
  }
}
