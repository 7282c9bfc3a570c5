/** The orders page comes alive: it goes on exactly from what the server has painted. */

import { showLive } from "../fillwatch/connection_state.js";
import { toast } from "../fillwatch/flash.js";
import { showWaiting } from "../exchanges/venue_notices.js";
import { connect } from "../realtime/client.js";
import { Acts, openForm } from "./order_actions.js";
import { serverClock, showAges } from "./check_ages.js";
import { Board } from "./order_table.js";
import { inWords, price } from "./row_text.js";
import { listen } from "./keyboard.js";
import { Navigation } from "./navigation.js";
import { livenForm } from "./place_order_form.js";
import { Statistics } from "./order_statistics.js";

const root = document.getElementById("board");
const now = serverClock(root.dataset.now);
const board = new Board(document.getElementById("listing"), { now, reload: () => navigation.load() });
const navigation = new Navigation({
  form: document.getElementById("filters"),
  listing: board.root,
  detail: document.getElementById("detail"),
  now,
  onListing: () => {
    board.read();
    navigation.mark(navigation.shown);
    ages();
  },
  onTrouble: () => {}, // the dot tells when the server is away
});
const ages = showAges(board, {
  now,
  late: 2 * Number(root.dataset.checkSeconds) * 1000,
  venues: document.getElementById("venues"),
});
const acts = new Acts(board);
const statistics = new Statistics(document.getElementById("statistics"));

// The stream

const stream = connect({
  user: document.body.dataset.user,
  since: { epoch: root.dataset.epoch, seq: Number(root.dataset.seq) },
});

function changed(order) {
  board.apply(order);
  acts.heard(order);
  statistics.soon();
  if (navigation.shown === order.id) refreshTimeline();
}

stream.on("order_update", (order) => {
  changed(order);
  if (order.status !== "rejected" && order.status !== "denied") return;
  toast(order.status === "denied" ? "Denied here" : "Rejected by the venue", order.ended_reason || inWords(order), {
    kind: "error",
    href: `?order=${order.id}`,
  });
});
stream.on("order_filled", (order) => {
  changed(order);
  const average = order.average_price ? `, on average at ${price(order.average_price)}` : "";
  const words = `${inWords(order)}${average}`;
  toast("Filled", words[0].toUpperCase() + words.slice(1), { kind: "filled", href: `?order=${order.id}` });
});
stream.on("trade", ({ order }) => {
  statistics.soon();
  if (navigation.shown === order) refreshTimeline();
});
stream.on("bot_update", ({ id, name }) => renamed("bot", id, name, { bot_name: name }));
stream.on("bot_deleted", ({ id }) => board.rename("bot", id, { bot: null, bot_name: null }));
stream.on("key_update", ({ id, label }) => renamed("key", id, label, { key_label: label }));
stream.on("orders_checked", ({ orders, checked_at }) => board.checked(orders, checked_at));
stream.on("snapshot", () => {
  board.forget(); // the server's present words count, even if a restored backup made them older
  navigation.load();
  statistics.soon();
});

showWaiting(stream);

function renamed(owner, id, name, words) {
  const choice = document.querySelector(`#filters [name=${owner}] option[value="${id}"]`);
  if (choice) choice.textContent = name;
  if (board.rename(owner, id, words).includes(navigation.shown)) refreshTimeline();
}

let refreshing = 0;
function refreshTimeline() {
  clearTimeout(refreshing);
  refreshing = setTimeout(() => navigation.shown && navigation.show(navigation.shown, { push: false }), 150);
}

// Pause

const pauseButton = document.querySelector("[data-act=pause]");
const paintLive = showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
  paused: () => board.held?.size ?? null,
});
pauseButton.hidden = false;

function pause() {
  if (board.held) board.resume();
  else board.pause();
  pauseButton.setAttribute("aria-pressed", String(board.held !== null));
  pauseButton.textContent = board.held ? "Go on" : "Pause";
  paintLive();
}

// What a press does

const place = () => openForm("/orders/new/", "Place an order");
const does = {
  pause,
  place,
  "show-new": () => board.showNew(),
  "cancel-all": (link) => openForm(link.href, "Cancel all orders?"),
  "close-dialog": (link) => link.closest("dialog").close(),
  "close-detail": () => navigation.show(null),
  cancel: (button) => {
    const id = Number(button.dataset.id ?? button.closest(".order").dataset.id);
    acts.cancel(board.orders.get(id) ?? board.known.get(id));
  },
};

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const act = event.target.closest("[data-act]");
  const row = event.target.closest(".order");
  const link = event.target.closest("a, button, form");
  if (act && does[act.dataset.act]) {
    event.preventDefault();
    does[act.dataset.act](act);
  } else if (row && (!link || link.matches("[data-cell=symbol]"))) {
    event.preventDefault();
    if (!String(getSelection())) navigation.show(row.dataset.id);
  } else if (link?.matches(".toast[href]")) {
    event.preventDefault();
    navigation.show(new URLSearchParams(link.search).get("order"));
  }
});

listen({ board, acts, navigation, pause, place });
livenForm(document);
