/** The bell and the bars below the header: true while the page is open, on every page. */

import { toast } from "../fillwatch/flash.js";
import { connect } from "../realtime/client.js";
import { showSystem } from "./operator_messages.js";

const bell = document.getElementById("bell");
const bars = document.getElementById("bars");
const { epoch, seq, fragment } = bell.dataset;
const PAUSE = 150; // many messages may come together: one look for all of them

async function paint() {
  const here = encodeURIComponent(location.pathname + location.search);
  const answer = await fetch(`${fragment}?here=${here}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  swap(document.getElementById("bell-inner"), page.getElementById("bell-inner"));
  swap(bars, page.getElementById("bars"));
  count(page.getElementById("bell-badge"));
  document.dispatchEvent(new Event("messages")); // the page of messages shows more of them
}

/** What did not change is not touched, so that it is not read out again and keeps the focus. */
function swap(place, fresh) {
  if (bare(place) !== bare(fresh)) place.replaceChildren(...fresh.childNodes);
}

/** Each answer has tokens of its own in its forms; they are no change. */
const bare = (place) => place.innerHTML.replace(/value="[A-Za-z0-9]{64}"/g, "");

function count(fresh) {
  const badge = document.getElementById("bell-badge");
  badge.hidden = fresh.hidden;
  badge.textContent = fresh.textContent;
  const words = fresh.hidden ? "Messages" : `Messages, ${fresh.textContent} new`;
  bell.querySelector("summary").setAttribute("aria-label", words);
}

let due = 0;
function soon() {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    paint();
  }, PAUSE);
}

export const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["notifications", "alerts", "system"],
});
stream.on("notification", (one) => {
  soon();
  if (!one.read_at) toast(one.title, one.message, { kind: one.level, href: one.link || fragment.replace("bell/", "") });
});
stream.on("alert", soon);
stream.on("snapshot", soon);
showSystem(stream, document.getElementById("system"));

/** Forms that only put something aside do so without leaving the page. */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("quiet" in form.dataset)) return;
  event.preventDefault();
  form.querySelector("button").disabled = true;
  await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
  paint();
});

document.addEventListener("click", (event) => {
  if (bell.open && !bell.contains(event.target)) bell.open = false;
});
bell.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !bell.open) return;
  bell.open = false;
  bell.querySelector("summary").focus();
});
