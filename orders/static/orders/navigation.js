/** Filters and timelines change the address and a part of the page, never the whole page. */

import { RETRY_MS, isUnanswered } from "../fillwatch/retry.js";
import { requestFragment } from "../fillwatch/server.js";
import { formatMoment } from "../fillwatch/time.js";

const TYPING_MS = 250;

/**
 * A part of the page as the server paints it; null when it could not say and should be asked again,
 * empty when there is none. Signed out, it goes to that page.
 */
async function fetchPart(url) {
  const response = await requestFragment(url);
  if (isUnanswered(response)) return null; // the connection state shows that the server is away
  if (response.redirected) location.assign(response.url);
  else if (response.ok) return response.text().catch(() => null);
  return "";
}

/** Puts times that the server wrote in UTC on the reader's clock. */
function showLocalTimes(root, now) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = time.getAttribute("datetime");
    if (at) time.textContent = formatMoment(at, now());
  }
}

export class Navigation {
  constructor({ form, listing, detail, now, onListing }) {
    Object.assign(this, { form, listing, detail, now, onListing });
    this.listingTurn = 0;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.applyFilters();
    });
    form.addEventListener("change", () => this.applyFilters());
    form.addEventListener("input", (event) => {
      if (event.target.name !== "q") return;
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.applyFilters(), TYPING_MS);
    });
    addEventListener("popstate", () => this.restoreAddress());
    if (!detail.hidden) showLocalTimes(detail, now);
  }

  /** Goes to the address of the filters; empty ones are left out. */
  applyFilters() {
    clearTimeout(this.typing);
    const fields = [...new FormData(this.form)].filter(([, value]) => value);
    const order = new URLSearchParams(location.search).get("order");
    if (order) fields.push(["order", order]);
    const query = String(new URLSearchParams(fields));
    if (`?${query}` === location.search || (!query && !location.search)) return;
    history.pushState(null, "", query ? `?${query}` : location.pathname);
    this.loadListing();
  }

  /** Follows the link of a column's head, or to the next page of a sorted list. */
  sortBy({ href }) {
    const { search } = new URL(href);
    this.form.elements.sort.value = new URLSearchParams(search).get("sort") ?? "";
    history.pushState(null, "", search || location.pathname);
    this.loadListing();
  }

  /** Paints the listing of the present address; of several requests only the last one counts. */
  async loadListing() {
    const turn = ++this.listingTurn;
    this.listing.setAttribute("aria-busy", "true");
    const html = await fetchPart(location.href);
    if (turn !== this.listingTurn) return;
    if (html === null) setTimeout(() => turn === this.listingTurn && this.loadListing(), RETRY_MS);
    if (html) {
      const page = new DOMParser().parseFromString(html, "text/html");
      this.listing.replaceChildren(...page.getElementById("listing").childNodes);
      this.onListing();
    }
    this.listing.removeAttribute("aria-busy");
  }

  /** Back and forward: the form, the listing and the timeline follow the address. */
  restoreAddress() {
    const query = new URLSearchParams(location.search);
    for (const field of this.form.elements) {
      if (field.name) field.value = query.get(field.name) ?? "";
    }
    this.loadListing();
    this.showTimeline(query.get("order"), { push: false });
  }

  /** The id of the order whose timeline is open, or null. */
  get shownOrder() {
    return this.detail.hidden ? null : Number(this.detail.querySelector("article")?.dataset.order);
  }

  /** Opens an order's timeline beside the table; without an id it is closed. */
  async showTimeline(id, { push = true } = {}) {
    if (push) this.pushOrder(id);
    const turn = (this.timelineTurn = Symbol("timeline"));
    if (!id) return this.closeTimeline();
    const html = await fetchPart(`/orders/${id}/`);
    if (turn !== this.timelineTurn) return;
    if (html === null) {
      setTimeout(() => turn === this.timelineTurn && this.showTimeline(id, { push: false }), RETRY_MS);
    }
    if (!html) return;
    const isSame = this.shownOrder === Number(id);
    const opened = isSame ? [...this.detail.querySelectorAll("details[open]")].map((part) => part.id) : [];
    this.detail.innerHTML = html;
    for (const part of opened) document.getElementById(part)?.setAttribute("open", "");
    this.detail.hidden = false;
    showLocalTimes(this.detail, this.now);
    this.markRow(id);
  }

  closeTimeline() {
    const row = document.querySelector(".order.chosen");
    const hadFocus = this.detail.contains(document.activeElement);
    this.detail.hidden = true;
    this.detail.replaceChildren();
    this.markRow(null);
    if (hadFocus) row?.focus();
  }

  markRow(id) {
    document.querySelector(".order.chosen")?.classList.remove("chosen");
    if (id) document.getElementById(`order-${id}`)?.classList.add("chosen");
  }

  pushOrder(id) {
    const query = new URLSearchParams(location.search);
    if ((query.get("order") ?? "") === String(id ?? "")) return;
    if (id) query.set("order", id);
    else query.delete("order");
    history.pushState(null, "", String(query) ? `?${query}` : location.pathname);
  }
}
