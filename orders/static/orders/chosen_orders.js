/** The rows ticked in the table: they stay ticked while rows change, and one button cancels them all. */

import { translate } from "../fillwatch/translate.js";
import { openForm } from "./order_actions.js";

const TITLE = translate("Cancel the chosen orders?");

export class ChosenOrders {
  constructor(listing, button) {
    this.ids = new Set();
    this.hadTicks = true; // the browser may keep ticks when a page is loaded anew
    this.listing = listing;
    this.button = button;
    listing.addEventListener("change", ({ target }) => target.name === "id" && this.noteTick(target));
    this.showCount();
  }

  noteTick(tick) {
    if (tick.checked) this.ids.add(tick.value);
    else this.ids.delete(tick.value);
    this.showCount();
  }

  toggle(row) {
    const tick = row?.querySelector(".pick input:not([hidden])");
    if (!tick) return;
    tick.checked = !tick.checked;
    this.noteTick(tick);
  }

  /** Ticks rows that were painted anew, and forgets those that ended. */
  showTicks() {
    if (!this.ids.size && !this.hadTicks) return;
    this.hadTicks = this.ids.size > 0;
    for (const tick of this.listing.querySelectorAll(".pick input")) {
      if (tick.hidden) this.ids.delete(tick.value);
      else tick.checked = this.ids.has(tick.value);
    }
    this.showCount();
  }

  showCount() {
    this.button.hidden = this.ids.size === 0;
    this.button.textContent = translate("Cancel chosen (%(count)s) …", { count: this.ids.size });
  }

  ask() {
    return openForm(`/orders/cancel-chosen/?${new URLSearchParams([...this.ids].map((id) => ["id", id]))}`, TITLE);
  }

  clear() {
    this.ids.clear();
    this.showTicks();
  }
}
