/** Orders that belong together are one row until somebody opens it: the entry, or the first exit. */

const HEAD = "entry";

export class OrderGroups {
  constructor(table) {
    this.table = table;
    this.opened = new Set(); // ids of groups
    table.root.addEventListener("click", (event) => {
      const chip = event.target.closest(".chip.group[role=button]");
      if (!chip) return;
      event.stopPropagation(); // the row itself opens its timeline
      this.toggle(Number(chip.dataset.group));
    });
    table.root.addEventListener("keydown", (event) => {
      const chip = event.target.closest(".chip.group[role=button]");
      if (!chip || ![" ", "Enter"].includes(event.key)) return;
      event.preventDefault();
      this.toggle(Number(chip.dataset.group));
    });
  }

  toggle(groupId) {
    if (!this.opened.delete(groupId)) this.opened.add(groupId);
    this.arrange();
  }

  /** Folds the rows of each group below its head; those that ended stay as they are. */
  arrange() {
    const groups = new Map();
    for (const row of this.table.listRows()) {
      if (!row.hasAttribute("data-open")) continue; // it moves below soon
      const group = this.table.orders.get(Number(row.dataset.id))?.group;
      if (group?.kind) groups.set(group.id, [...(groups.get(group.id) ?? []), row]);
    }
    for (const [id, rows] of groups) this.arrangeGroup(id, rows);
  }

  arrangeGroup(id, rows) {
    const isEntry = (row) => this.table.orders.get(Number(row.dataset.id)).group.role === HEAD;
    const head = rows.find(isEntry) ?? rows[0];
    const legs = rows.filter((row) => row !== head);
    const isOpen = this.opened.has(id);
    this.showChip(head, id, legs.length, isOpen);
    let last = head;
    for (const leg of legs) {
      if (last.nextElementSibling !== leg) last.after(leg);
      leg.classList.add("leg");
      leg.hidden = !isOpen && !leg.matches(".chosen, :focus-within");
      last = leg;
    }
  }

  showChip(row, id, count, isOpen) {
    const chip = row.querySelector(".chip.group");
    row.classList.remove("leg");
    row.hidden = false;
    chip.toggleAttribute("data-more", count > 0);
    if (!count) {
      for (const name of ["role", "tabindex", "aria-expanded", "data-group"]) chip.removeAttribute(name);
      return;
    }
    chip.dataset.group = id;
    chip.dataset.more = `+${count}`;
    chip.setAttribute("role", "button");
    chip.tabIndex = 0;
    chip.setAttribute("aria-expanded", String(isOpen));
  }
}
