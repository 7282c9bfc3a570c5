/** The activity log grows at its top; a reader further down is not moved, but sees a count. */

import { enableActions } from "../fillwatch/dialog.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";
import { translate } from "../fillwatch/translate.js";

const TOP_PX = 120; // a reader this near to the top sees new entries arrive
const TYPING_MS = 400;
const { root, repaint } = startParts(document.getElementById("living"));
let isOlderPage = "older" in root.dataset; // a page of the past, where nothing arrives
const newerButton = document.getElementById("newer");
const { stream } = connectPage(root, { topics: ["logs"] });
let waiting = 0;

function showNewEntries() {
  waiting = 0;
  newerButton.hidden = true;
  repaint();
}

stream.on("log_created", (entry) => {
  if (isOlderPage || !matchesFilters(entry)) return;
  const levels = new URLSearchParams(location.search).getAll("level");
  const isListed = !levels.length || levels.includes(entry.level); // else it is only counted
  if (scrollY < TOP_PX || (!isListed && !waiting)) return repaint();
  if (!isListed) return;
  waiting += 1;
  newerButton.hidden = false;
  newerButton.textContent = waiting === 1 ? translate("1 new entry") : translate("%(count)s new entries", { count: waiting });
});
stream.on("snapshot", () => isOlderPage || showNewEntries());
newerButton.addEventListener("click", () => {
  scrollTo({ top: 0 });
  showNewEntries();
});
addEventListener("scroll", () => waiting && scrollY < TOP_PX && showNewEntries(), { passive: true });

/** Whether the other filters in the address let an entry through, as far as the browser can tell. */
function matchesFilters(entry) {
  const query = new URLSearchParams(location.search);
  const matches = (name, value) => !query.get(name) || query.get(name) === String(value);
  const hasText = entry.message.toLowerCase().includes((query.get("q") ?? "").toLowerCase());
  return matches("bot", entry.bot) && matches("order", entry.order) && hasText;
}

enableActions(document.getElementById("dialog"), showNewEntries);

const filters = document.getElementById("filters");
let typing = 0;
filters.addEventListener("change", (event) => event.target.name === "q" || filters.requestSubmit());
filters.addEventListener("input", (event) => {
  if (event.target.name !== "q") return;
  clearTimeout(typing);
  typing = setTimeout(applySearch, TYPING_MS);
});

/** Searches without leaving the page, so that a person can go on typing. */
function applySearch() {
  const query = [...new FormData(filters)].filter(([, value]) => value);
  history.replaceState(null, "", `?${new URLSearchParams(query)}`);
  isOlderPage = false;
  showNewEntries();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  filters.elements.q.select();
});
