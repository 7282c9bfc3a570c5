/** Filters and timelines change the address and a part of the page, never the whole page. */

import { moment } from "./row_text.js";

const SCRIPT = { "X-Requested-With": "fetch" };
const TYPING = 250;

/** A part of the server's own page; a page of another address (signed out) is gone to instead. */
async function part(url, init) {
  const answer = await fetch(url, { headers: SCRIPT, ...init });
  if (answer.redirected) {
    location.assign(answer.url);
    throw new Error("moved");
  }
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

/** Times as the server wrote them (UTC) become those of the reader. */
export function localise(root, now) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = time.getAttribute("datetime");
    if (at) time.textContent = moment(at, now());
  }
}

export class Navigation {
  constructor({ form, listing, detail, now, onListing, onTrouble }) {
    Object.assign(this, { form, listing, detail, now, onListing, onTrouble });
    this.latest = 0;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.filter();
    });
    form.addEventListener("change", () => this.filter());
    form.addEventListener("input", (event) => {
      if (event.target.name !== "q") return;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.filter(), TYPING);
    });
    addEventListener("popstate", () => this.restore());
    if (!detail.hidden) localise(detail, now);
  }

  /** The address that the filters ask for; empty ones are left out. */
  filter() {
    clearTimeout(this.typing);
    const asked = [...new FormData(this.form)].filter(([, value]) => value);
    const shown = new URLSearchParams(location.search).get("order");
    if (shown) asked.push(["order", shown]);
    const query = String(new URLSearchParams(asked));
    if (`?${query}` === location.search || (!query && !location.search)) return;
    history.pushState(null, "", query ? `?${query}` : location.pathname);
    this.load();
  }

  /** Paints the listing of the present address; of two asked for, only the last one counts. */
  async load() {
    const turn = ++this.latest;
    this.listing.setAttribute("aria-busy", "true");
    try {
      const page = new DOMParser().parseFromString(await part(location.href), "text/html");
      if (turn !== this.latest) return;
      this.listing.replaceChildren(...page.getElementById("listing").childNodes);
      this.onListing();
    } catch (error) {
      this.onTrouble(error);
    } finally {
      if (turn === this.latest) this.listing.removeAttribute("aria-busy");
    }
  }

  /** Back and forward: the form, the listing and the timeline follow the address. */
  restore() {
    const asked = new URLSearchParams(location.search);
    for (const field of this.form.elements) {
      if (field.name) field.value = asked.get(field.name) ?? "";
    }
    this.load();
    this.show(asked.get("order"), { push: false });
  }

  get shown() {
    return this.detail.hidden ? null : Number(this.detail.querySelector("article")?.dataset.order);
  }

  /** Opens an order's timeline beside the table, or closes it. */
  async show(id, { push = true } = {}) {
    if (push) this.address(id);
    const turn = (this.turn = Symbol("timeline"));
    if (!id) return this.close();
    try {
      const html = await part(`/orders/${id}/`);
      if (turn !== this.turn) return;
      this.detail.innerHTML = html;
      this.detail.hidden = false;
      localise(this.detail, this.now);
      this.mark(id);
    } catch (error) {
      this.onTrouble(error);
    }
  }

  close() {
    const row = document.querySelector(".order.chosen");
    const inside = this.detail.contains(document.activeElement);
    this.detail.hidden = true;
    this.detail.replaceChildren();
    this.mark(null);
    if (inside) row?.focus();
  }

  mark(id) {
    document.querySelector(".order.chosen")?.classList.remove("chosen");
    if (id) document.getElementById(`order-${id}`)?.classList.add("chosen");
  }

  address(id) {
    const asked = new URLSearchParams(location.search);
    if ((asked.get("order") ?? "") === String(id ?? "")) return;
    if (id) asked.set("order", id);
    else asked.delete("order");
    history.pushState(null, "", String(asked) ? `?${asked}` : location.pathname);
  }
}
