/** The command palette (ctrl k) and the help on keys (?), on every page. */

import { requestFragment } from "./server.js";
import { translate } from "./translate.js";

const TYPING_MS = 120;
const isTypedInto = (target) => target.closest("input, select, textarea, [contenteditable]");

class Palette {
  constructor(dialog) {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.input = this.form.elements.q;
    this.hits = dialog.querySelector("#palette-hits");
    this.turn = 0;
    this.input.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.find(), TYPING_MS);
    });
    this.input.addEventListener("keydown", (event) => this.pressKey(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.follow();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  toggle() {
    if (this.dialog.open) return this.dialog.close();
    if (document.querySelector("dialog[open]")) return; // a question is open: it comes first
    this.dialog.showModal();
    this.input.value = "";
    this.input.focus();
    this.find();
  }

  /** Asks the server what has this name; of several answers only the last one counts. */
  async find() {
    const turn = ++this.turn;
    const query = this.input.value;
    const response = await requestFragment(`${this.form.action}?${new URLSearchParams({ q: query })}`);
    if (turn !== this.turn) return;
    this.found = response?.ok ? query : null;
    if (response?.redirected) return location.assign(response.url);
    this.hits.innerHTML = response?.ok ? await response.text() : `<p>${translate("The server did not answer. Try again.")}</p>`;
    this.select(0);
  }

  get options() {
    return [...this.hits.querySelectorAll("[role=option]")];
  }

  select(index) {
    const { options } = this;
    const place = options.length ? (index + options.length) % options.length : -1;
    for (const [at, option] of options.entries()) option.setAttribute("aria-selected", String(at === place));
    options[place]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[place]?.id ?? "");
    this.selected = place;
  }

  pressKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.select(this.selected + step);
  }

  /** Goes where the chosen line leads; what was typed a moment ago is looked up first. */
  async follow() {
    clearTimeout(this.typing);
    if (this.found !== this.input.value) await this.find();
    const link = this.options[this.selected];
    if (link) location.assign(link.href);
  }
}

export function enablePalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const palette = new Palette(dialog);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) {
      event.preventDefault(); // of some browsers it is the address bar
      return palette.toggle();
    }
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTypedInto(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    document.getElementById("help").showModal();
  });
}
