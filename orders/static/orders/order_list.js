/** The orders page: it goes on exactly from the position that the server has painted. */

import { showVenueNotices } from "../exchanges/venue_notices.js";
import { showFlash } from "../fillwatch/flash.js";
import { connectPage } from "../fillwatch/live_page.js";
import { createRepaint } from "../fillwatch/repaint.js";
import { startServerClock } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";
import { showCheckAges } from "./check_ages.js";
import { ChosenOrders } from "./chosen_orders.js";
import { enableColumnChoice } from "./column_choice.js";
import { followProfits } from "./closed_profits.js";
import { showDistances } from "./distances.js";
import { EndedRows } from "./ended_rows.js";
import { enableKeys } from "./keyboard.js";
import { followMore } from "./more_orders.js";
import { Navigation } from "./navigation.js";
import { OrderActions, capitalise, openForm } from "./order_actions.js";
import { OrderGroups } from "./order_groups.js";
import { startStatistics } from "./order_statistics.js";
import { OrderTable } from "./order_table.js";
import { enableOrderForm } from "./place_order_form.js";
import { describeOrder, formatPrice } from "./row_text.js";
import { forgetSharedKey, noteSharedKey } from "./shared_keys.js";

const ARRANGE_MS = 100;
const TIMELINE_MS = 150; // a burst of fills loads the timeline once
const root = document.getElementById("board");
let table = null; // the stream connects first: it opens while the table's rows are read
const { stream, paintState } = connectPage(root, {}, { countPaused: () => table?.paused?.size ?? null });
let isStarted = false; // the table is painted before its helpers exist
const now = startServerClock(root.dataset.now);
const listing = document.getElementById("listing");
table = new OrderTable(listing, {
  now,
  reload: () => navigation.loadListing(),
  onPaint: (orders) => isStarted && arrangeRows(orders),
});
const groups = new OrderGroups(table);
const ended = new EndedRows(table);
const chosen = new ChosenOrders(listing, document.querySelector("[data-act=cancel-chosen]"));
const navigation = new Navigation({
  form: document.getElementById("filters"),
  listing: table.root,
  detail: document.getElementById("detail"),
  now,
  onListing: () => {
    table.readRows();
    navigation.markRow(navigation.shownOrder);
    paintAges();
    watchMore();
  },
});
const watchMore = followMore(table);
const paintAges = showCheckAges(table, {
  now,
  lateMs: 2 * Number(root.dataset.checkSeconds) * 1000,
  venues: document.getElementById("venues"),
});
const actions = new OrderActions(table);
actions.onChosen = () => chosen.clear();
const repaintStatistics = startStatistics(document.getElementById("statistics"));

// The stream

const askProfit = followProfits(table);
const watchDistances = showDistances(table, stream);
enableColumnChoice(document.getElementById("column-choice"), () => table.table, (columns) => {
  watchDistances();
  if (columns.includes("profit")) askProfit(table.rows.keys());
});

const arrangeSoon = createRepaint(() => {
  ended.noteEnds();
  chosen.showTicks();
  watchDistances();
}, ARRANGE_MS);

/** After rows were painted: groups fold at once; the rest need not happen in each frame of a burst. */
function arrangeRows(orders) {
  if (!orders || orders.some(({ group }) => group)) groups.arrange();
  arrangeSoon();
}
isStarted = true;
arrangeRows();

function applyChange(order) {
  table.applyOrder(order);
  actions.noteEnd(order);
  repaintStatistics();
  if (navigation.shownOrder === order.id) reloadTimeline();
}

stream.on("order_update", (order) => {
  applyChange(order);
  if (order.status !== "rejected" && order.status !== "denied") return;
  const title = order.status === "denied" ? translate("Denied here") : translate("Rejected by the venue");
  const reason = order.ended_reason || describeOrder(order);
  showFlash(title, reason, { kind: "error", href: `?order=${order.id}` });
});
stream.on("order_filled", (order) => {
  applyChange(order);
  const words = { order: describeOrder(order), price: order.average_price && formatPrice(order.average_price) };
  const text = capitalise(words.price ? translate("%(order)s, on average at %(price)s", words) : words.order);
  showFlash(translate("Filled"), text, { kind: "filled", href: `?order=${order.id}` });
});
stream.on("trade", ({ order }) => {
  repaintStatistics();
  askProfit([order]);
  if (navigation.shownOrder === order) reloadTimeline();
});
stream.on("bot_update", ({ id, name }) => renameOwner("bot", id, name, { bot_name: name }));
stream.on("bot_deleted", ({ id }) => table.renameOwner("bot", id, { bot: null, bot_name: null }));
stream.on("key_update", ({ id, label }) => renameOwner("key", id, label, { key_label: label }));
stream.on("key_shared", (key) => {
  noteSharedKey(key);
  reloadAll();
});
stream.on("key_unshared", (key) => {
  forgetSharedKey(key);
  reloadAll();
});
stream.on("orders_checked", ({ orders, checked_at: at }) => table.noteCheck(orders, at));
stream.on("snapshot", reloadAll);

function reloadAll() {
  table.forgetEvents(); // the server's state counts now, even if a restored backup made it older
  navigation.loadListing();
  repaintStatistics();
}

showVenueNotices(stream);

function renameOwner(owner, id, name, fields) {
  const choice = document.querySelector(`#filters [name=${owner}] option[value="${id}"]`);
  if (choice) choice.textContent = name;
  if (table.renameOwner(owner, id, fields).includes(navigation.shownOrder)) reloadTimeline();
}

let reloading = 0;
function reloadTimeline() {
  clearTimeout(reloading);
  reloading = setTimeout(() => {
    if (navigation.shownOrder) navigation.showTimeline(navigation.shownOrder, { push: false });
  }, TIMELINE_MS);
}

// Pause

const pauseButton = document.querySelector("[data-act=pause]");
pauseButton.hidden = false;

function togglePause() {
  if (table.paused) table.resume();
  else table.pause();
  pauseButton.setAttribute("aria-pressed", String(table.paused !== null));
  pauseButton.textContent = table.paused ? translate("Go on") : translate("Pause");
  paintState();
}

// Clicks

const openOrderForm = () => openForm(`/orders/new/${describeMarket()}`, translate("Place an order"));
const openOcoForm = () => openForm("/orders/oco/new/", translate("Place two exits"));
/** The market that somebody looks at, as the query of the form: that of a row, else of the filters. */
function describeMarket() {
  const id = document.activeElement?.closest(".order")?.dataset.id ?? navigation.shownOrder;
  const order = table.orders.get(Number(id));
  const filters = new FormData(document.getElementById("filters"));
  const names = order ?? Object.fromEntries(filters);
  const known = ["symbol", "key"].filter((name) => names[name]).map((name) => [name, names[name]]);
  return known.length ? `?${new URLSearchParams(known)}` : "";
}

/** The address of a link with the filters of now: it was painted with those of then. */
function addFilters(link) {
  const url = new URL(link.href);
  url.search = new URLSearchParams([...new FormData(document.getElementById("filters"))].filter(([, value]) => value));
  return url.href;
}

const handlers = {
  pause: togglePause,
  place: openOrderForm,
  "place-oco": openOcoForm,
  "show-new": () => table.showNewOrders(),
  amend: (link) => openForm(link.href, translate("Change an order")),
  "cancel-all": (link) => openForm(addFilters(link), translate("Cancel all orders?")),
  "cancel-chosen": () => chosen.ask(),
  "close-dialog": (link) => link.closest("dialog").close(),
  "close-detail": () => navigation.showTimeline(null),
  cancel: (button) => {
    const id = Number(button.dataset.id ?? button.closest(".order").dataset.id);
    actions.cancelOrder(table.orders.get(id) ?? table.newest.get(id));
  },
};

document.addEventListener("click", ({ target }) => {
  const link = target.closest("[data-csv]");
  if (link) link.href = addFilters(link);
}, true);
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const action = event.target.closest("[data-act]");
  const row = event.target.closest(".order");
  const link = event.target.closest("a, button, form, input, .pick");
  const head = event.target.closest(".orders thead a, .more a[href*='page=']");
  if (action && handlers[action.dataset.act]) {
    event.preventDefault();
    handlers[action.dataset.act](action);
  } else if (head) {
    event.preventDefault();
    navigation.sortBy(head);
  } else if (row && (!link || link.matches("[data-cell=symbol]"))) {
    event.preventDefault();
    if (!String(getSelection())) navigation.showTimeline(row.dataset.id);
  } else if (link?.matches(".toast[href]")) {
    event.preventDefault();
    navigation.showTimeline(new URLSearchParams(link.search).get("order"));
  }
});

enableKeys({ table, actions, chosen, navigation, togglePause, openOrderForm });
enableOrderForm(document);
