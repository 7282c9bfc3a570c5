/** The bell in the header and the bars below it: up to date on every page while it is open. */

import { showFlash } from "../fillwatch/flash.js";
import { enablePalette } from "../fillwatch/palette.js";
import { createRepaint } from "../fillwatch/repaint.js";
import { fetchPage, postForm } from "../fillwatch/server.js";
import { translate } from "../fillwatch/translate.js";
import { connect } from "../realtime/client.js";
import { areFillsTold, tellFills } from "./fill_alerts.js";
import { showOperatorMessages } from "./operator_messages.js";

const PAUSE_MS = 150; // many messages may come together
const bell = document.getElementById("bell");
const bars = document.getElementById("bars");
const { epoch, seq, fragment } = bell.dataset;
const repaint = createRepaint(paint, PAUSE_MS);

async function paint() {
  const here = encodeURIComponent(location.pathname + location.search);
  const page = await fetchPage(`${fragment}?here=${here}`);
  if (!page) return false;
  const badge = page.getElementById("bell-badge");
  if (!badge) return true; // signed out
  replaceChanged(document.getElementById("bell-inner"), page.getElementById("bell-inner"));
  replaceChanged(bars, page.getElementById("bars"));
  showCount(badge);
  document.dispatchEvent(new Event("messages")); // the page of messages shows more of them
  return true;
}

/** Leaves what did not change alone, so that it is not read out again and keeps the focus. */
function replaceChanged(element, fresh) {
  if (dropTokens(element) !== dropTokens(fresh)) element.replaceChildren(...fresh.childNodes);
}

/** Each answer has tokens of its own in its forms; they are no change. */
const dropTokens = (element) => element.innerHTML.replace(/value="[A-Za-z0-9]{64}"/g, "");

function showCount(freshBadge) {
  const badge = document.getElementById("bell-badge");
  badge.hidden = freshBadge.hidden;
  badge.textContent = freshBadge.textContent;
  const label = badge.hidden ? translate("Messages") : translate("Messages, %(count)s new", { count: badge.textContent });
  bell.querySelector("summary").setAttribute("aria-label", label);
}

export const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["notifications", "alerts", "system", ...(areFillsTold ? ["orders"] : [])],
});
stream.on("notification", ({ title, message, level, link, read_at: readAt }) => {
  repaint();
  if (!readAt) showFlash(title, message, { kind: level, href: link || fragment.replace("bell/", "") });
});
stream.on("alert", () => repaint());
let areChecksLate = bars.querySelector("#late-sweep") !== null;
stream.on("delay_update", ({ about, late }) => {
  if (about !== "checks" || late === areChecksLate) return;
  areChecksLate = late;
  repaint(); // there is a bar about it
});
stream.on("snapshot", () => repaint());
if (areFillsTold) tellFills(stream);
showOperatorMessages(stream, document.getElementById("system"));
enablePalette(); // here, since this script is on every page

/** Forms that only dismiss something do so without leaving the page. */
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("quiet" in form.dataset)) return;
  event.preventDefault();
  form.querySelector("button").disabled = true;
  await postForm(form.action, new FormData(form), { redirect: "manual" });
  repaint(0);
});

document.addEventListener("click", (event) => {
  if (bell.open && !bell.contains(event.target)) bell.open = false;
});
bell.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !bell.open) return;
  bell.open = false;
  bell.querySelector("summary").focus();
});
