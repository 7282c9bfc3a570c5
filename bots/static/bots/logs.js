/** The activity log grows at its top; whoever reads further down is not moved, only told. */

import { showLive } from "../fillwatch/live.js";
import "../fillwatch/toast.js";
import { connect } from "../realtime/client.js";
import { ask } from "./asking.js";
import { living } from "./living.js";

const NEAR = 120; // pixels from the top: whoever is there sees new lines arrive
const TYPING = 400;
const page = living(document.getElementById("living"));
const { epoch, seq } = page.root.dataset;
const older = "older" in page.root.dataset; // a page of what was, where nothing arrives
const button = document.getElementById("newer");
const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["logs"],
});
let waiting = 0;

function show() {
  waiting = 0;
  button.hidden = true;
  page.soon();
}

stream.on("log_created", (line) => {
  if (older || !fits(line)) return;
  if (scrollY < NEAR) return page.soon();
  waiting += 1;
  button.hidden = false;
  button.textContent = waiting === 1 ? "1 new line" : `${waiting} new lines`;
});
stream.on("snapshot", () => older || show());
button.addEventListener("click", () => {
  scrollTo({ top: 0 });
  show();
});
addEventListener("scroll", () => waiting && scrollY < NEAR && show(), { passive: true });

/** Whether the filters in the address let it through, as far as the browser can tell. */
function fits(line) {
  const asked = new URLSearchParams(location.search);
  const is = (name, value) => !asked.get(name) || asked.get(name) === String(value);
  const levels = asked.getAll("level");
  const found = line.message.toLowerCase().includes((asked.get("q") ?? "").toLowerCase());
  return (!levels.length || levels.includes(line.level)) && is("bot", line.bot) && is("order", line.order) && found;
}

ask(document.getElementById("dialog"), show);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});

const filters = document.getElementById("filters");
let typing = 0;
filters.addEventListener("change", () => filters.requestSubmit());
filters.addEventListener("input", (event) => {
  if (event.target.name !== "q") return;
  clearTimeout(typing);
  typing = setTimeout(() => filters.requestSubmit(), TYPING);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  filters.elements.q.select();
});
if (filters.elements.q.value) filters.elements.q.setSelectionRange(999, 999);
