/** The activity log grows at its top; whoever reads further down is not moved, only told. */

import { showLive } from "../fillwatch/connection_state.js";
import "../fillwatch/flash.js";
import { connect } from "../realtime/client.js";
import { ask } from "../fillwatch/dialog.js";
import { living } from "../fillwatch/live_page.js";

const NEAR = 120; // pixels from the top: whoever is there sees new lines arrive
const TYPING = 400;
const page = living(document.getElementById("living"));
const { epoch, seq } = page.root.dataset;
let older = "older" in page.root.dataset; // a page of what was, where nothing arrives
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
  const levels = new URLSearchParams(location.search).getAll("level");
  const isListed = !levels.length || levels.includes(line.level); // else it is only counted
  if (scrollY < NEAR || (!isListed && !waiting)) return page.soon();
  if (!isListed) return;
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

/** Whether the other filters in the address let it through, as far as the browser can tell. */
function fits(line) {
  const asked = new URLSearchParams(location.search);
  const is = (name, value) => !asked.get(name) || asked.get(name) === String(value);
  const found = line.message.toLowerCase().includes((asked.get("q") ?? "").toLowerCase());
  return is("bot", line.bot) && is("order", line.order) && found;
}

ask(document.getElementById("dialog"), show);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});

const filters = document.getElementById("filters");
let typing = 0;
filters.addEventListener("change", (event) => event.target.name === "q" || filters.requestSubmit());
filters.addEventListener("input", (event) => {
  if (event.target.name !== "q") return;
  clearTimeout(typing);
  typing = setTimeout(find, TYPING);
});

/** On this page, so that whoever types can go on. */
function find() {
  const asked = [...new FormData(filters)].filter(([, value]) => value);
  history.replaceState(null, "", `?${new URLSearchParams(asked)}`);
  older = false;
  show();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  filters.elements.q.select();
});
