/** The dot and the line below the header: whether the page is live, and what it shows if not. */

import { formatClock } from "./time.js";
import { translate } from "./translate.js";

const REPEATED_MS = 12_000; // the server repeats each delay every 5 s until it is over
const PATIENCE_MS = 1500; // a connection that opens at once is no news
const countSeconds = (ms) => Math.max(0, Math.ceil(ms / 1000));

/** What is late though the socket is live: the server says so, and repeats it until it is over. */
export class Delays {
  #byName = new Map();

  note({ about, late, since, words }, now) {
    if (late) this.#byName.set(about, { since: Date.parse(since), words, heardAt: now });
    else this.#byName.delete(about);
  }

  /** Those that go on, the one that began first at the top. */
  list(now) {
    for (const [about, delay] of this.#byName) {
      if (now - delay.heardAt > REPEATED_MS) this.#byName.delete(about);
    }
    return [...this.#byName.values()].sort((one, other) => one.since - other.since);
  }
}

/** The text beside the dot. */
export function describeState(state, now) {
  switch (state.name) {
    case "live":
      return translate("Live");
    case "late":
      return translate("Live, but %(delay)s since %(count)s s", {
        delay: translateDelay(state.delays[0]),
        count: countSeconds(now - state.delays[0].since),
      });
    case "delayed":
      return translate("Delayed %(count)s s", { count: countSeconds(now - state.heardAt) });
    case "waiting":
      return translate("Reconnecting in %(count)s s", { count: countSeconds(state.retryAt - now) });
    case "connecting":
      return translate("Connecting");
    case "offline":
      return translate("Offline");
    case "paused":
      return translate("Paused");
    default:
      return state.signedOut ? translate("Signed out") : translate("Stopped");
  }
}

/** What the page shows when it is not live; nothing when it is. */
export function describeNotice(state, shownAt, waiting) {
  const time = formatClock(shownAt);
  const shown = translate("This page shows what was true at %(time)s.", { time });
  switch (state.name) {
    case "live":
      return "";
    case "late":
      return state.delays.map(describeDelay).join(" ");
    case "paused":
      return describePause(time, waiting);
    case "delayed":
      return `${shown} ${translate("Nothing was received since.")}`;
    case "offline":
      return `${shown} ${translate("This machine is offline.")}`;
    case "stopped":
      return `${shown} ${translate(state.words)}.`;
    default:
      return `${shown} ${translate("It catches up as soon as the server answers.")}`;
  }
}

function describePause(time, waiting) {
  const text =
    waiting === 1
      ? translate("Paused: this page shows what was true at %(time)s. 1 change waits; press p to go on.", { time })
      : translate("Paused: this page shows what was true at %(time)s. %(count)s changes wait; press p to go on.", {
          time,
          count: waiting,
        });
  return text;
}

function describeDelay(late) {
  const words = translateDelay(late);
  const delay = `${words[0].toUpperCase()}${words.slice(1)}`;
  return translate("%(delay)s since %(time)s.", { delay, time: formatClock(late.since) });
}

/** What is late, in the language of the page; the server says it in English, as to any client. */
function translateDelay({ words }) {
  const market = words.match(/^(.+) is not followed$/)?.[1];
  if (market) {
    const name = market.replace(" (simulated)", ` (${translate("simulated")})`);
    return translate("%(market)s is not followed", { market: name });
  }
  switch (words) {
    case "orders are not checked":
      return translate("orders are not checked");
    case "orders are not sent to the venues":
      return translate("orders are not sent to the venues");
    case "orders are neither sent nor checked":
      return translate("orders are neither sent nor checked");
    default:
      return words;
  }
}

/** Keeps dot and notice true; `countPaused()` is the number of changes that wait, or null. */
export function showConnectionState(stream, { dot, notice, countPaused = () => null }) {
  let shownAt = Date.now();
  const delays = new Delays();
  const paint = () => {
    const waiting = countPaused();
    const now = Date.now();
    const isLive = stream.state.name === "live";
    if (isLive && waiting === null) shownAt = now;
    const state = chooseState(stream.state, { isPaused: waiting !== null, delays: delays.list(now) });
    const text = describeNotice(state, shownAt, waiting);
    const isEarly = state.name === "connecting" && now - state.since < PATIENCE_MS;
    dot.hidden = false;
    dot.dataset.state = state.name;
    replaceText(dot, describeState(state, now));
    notice.hidden = !text || isEarly;
    replaceText(notice, text);
    if (state.signedOut && !notice.querySelector("a")) notice.append(" ", createSignInLink());
  };
  stream.on("state", paint);
  stream.on("delay_update", (delay) => {
    delays.note(delay, Date.now());
    paint();
  });
  stream.on("snapshot", () => (shownAt = Date.now()));
  setInterval(paint, 1000);
  paint();
  return paint;
}

/** Paused or late is only what is live. */
function chooseState(state, { isPaused, delays }) {
  if (state.name !== "live") return state;
  if (isPaused) return { name: "paused" };
  return delays.length ? { name: "late", delays } : state;
}

/** Leaves a text that is the same alone, with the link behind it. */
function replaceText(element, text) {
  if (element.firstChild?.data !== text) element.replaceChildren(text);
}

function createSignInLink() {
  const link = document.createElement("a");
  const next = encodeURIComponent(location.pathname + location.search);
  link.href = `${document.body.dataset.signIn}?next=${next}`;
  link.textContent = translate("Sign in again");
  return link;
}
