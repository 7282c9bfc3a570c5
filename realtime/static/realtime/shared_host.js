/** One connection to the server for many tabs. To each tab it behaves as the server does. */

import { EventBuffer } from "./event_buffer.js";
import { Timers } from "./timers.js";
import { MARKET, TOPICS } from "./topics.js";

const HEARTBEAT = 25_000;
const PATIENCE = 75_000; // with a silent tab: browsers let hidden ones sleep
const LINGER = 5_000; // the connection is kept while a person goes from one page to the next

export class SharedHost {
  #options;
  #buffer;
  #timers;
  #tabs = new Set();
  #stream = null;

  /** `open(since)` creates the stream of `user` that all tabs share, not started yet. */
  constructor({ open, user, most, ...options }) {
    this.#options = { open, user, now: () => Date.now(), ...options };
    this.#buffer = new EventBuffer(most);
    this.#timers = new Timers({
      setTimeout: options.setTimeout ?? ((run, ms) => setTimeout(run, ms)),
      clearTimeout: options.clearTimeout ?? ((id) => clearTimeout(id)),
    });
  }

  get size() {
    return this.#tabs.size;
  }

  /** Adds a tab: `send(text)` reaches it, `close(code)` ends it. Returns what handles its requests. */
  addTab({ send, close }) {
    const { now, user } = this.#options;
    const tab = {
      send: (type, data) => send(JSON.stringify({ type, data })),
      sendText: send,
      close,
      topics: null,
      since: null,
      state: "new", // then "asked", "waiting" for live, then "live"
      watchRequest: null,
      unwatch: () => {},
      lastRequestAt: now(),
    };
    this.#tabs.add(tab);
    this.#timers.clear("linger");
    if (!this.#timers.has("ping")) this.#timers.set("ping", HEARTBEAT, () => this.#pingTabs());
    tab.send("hello", { authenticated: "session", heartbeat_seconds: HEARTBEAT / 1000 });
    tab.send("ready", { user, ...this.#buffer.head });
    if (this.#stream) tab.send("line", this.#stream.state);
    return { handle: (frame) => this.#handleRequest(tab, frame), remove: () => this.#removeTab(tab) };
  }

  #removeTab(tab) {
    if (!this.#tabs.delete(tab)) return;
    tab.unwatch();
    if (this.#tabs.size) return;
    this.#timers.clear("ping");
    this.#timers.set("linger", LINGER, () => this.#stopStream());
  }

  #stopStream() {
    const stream = this.#stream;
    this.#stream = null;
    this.#buffer.epoch = null;
    stream?.stop();
  }

  #handleRequest(tab, { type, data = {} }) {
    tab.lastRequestAt = this.#options.now();
    if (!this.#tabs.has(tab)) return;
    if (type === "subscribe") this.#subscribe(tab, data);
    else if (type === "watch") this.#watch(tab, data);
    else if (type === "hurry") this.#stream?.reconnect();
  }

  #pingTabs() {
    this.#timers.set("ping", HEARTBEAT, () => this.#pingTabs());
    const { head } = this.#buffer;
    const late = this.#options.now() - PATIENCE;
    for (const tab of [...this.#tabs]) {
      if (tab.lastRequestAt < late) this.#closeTab(tab, 4002, "Nothing heard from this tab");
      else tab.send("ping", { seq: tab.state === "new" ? null : (head?.seq ?? null), head: head?.seq ?? null });
    }
  }

  #closeTab(tab, code, message) {
    tab.send("bye", { code, message, delay: 0 });
    tab.close(code);
    this.#removeTab(tab);
  }

  // The stream

  #subscribe(tab, { since = null, topics }) {
    tab.topics = topics ? new Set(topics) : null;
    tab.since = since;
    tab.state = "asked";
    if (!this.#stream) this.#openStream(since);
    if (this.#buffer.epoch !== null) this.#catchUp(tab);
  }

  #catchUp(tab) {
    const missed = this.#buffer.listAfter(tab.since ?? this.#buffer.head);
    if (!missed) return this.#resetTab(tab);
    tab.state = "waiting";
    for (const event of missed) this.#sendEvent(tab, event);
    if (this.#stream.state.name === "live") this.#goLive(tab);
  }

  #openStream(since) {
    if (since) this.#buffer.restart(since);
    const stream = this.#options.open(since);
    this.#stream = stream;
    const ifPresent = (run) => (data, frame) => this.#stream === stream && run(data, frame);
    stream.on("state", ifPresent((state) => this.#handleState(state)));
    stream.on("reset", ifPresent(() => this.#handleReset(stream.position)));
    stream.on("live", ifPresent(() => this.#handleLive(stream.position)));
    stream.on("ping", ifPresent(() => stream.position && this.#buffer.advance(stream.position.seq)));
    stream.on("watching", ifPresent((data) => this.#handleWatching(data)));
    stream.on("*", ifPresent((data, frame) => this.#handleFrame(frame)));
    for (const tab of this.#tabs) if (tab.watchRequest) this.#startWatching(tab);
    stream.start();
  }

  #handleState(state) {
    if (state.name !== "stopped") return this.#sendAll("line", state);
    this.#stream = null;
    this.#buffer.epoch = null;
    const { code = 4000, words, signedOut } = state;
    const closeCode = signedOut && !(code >= 4100 && code < 4200) ? 4102 : code;
    for (const tab of [...this.#tabs]) this.#closeTab(tab, closeCode, words);
  }

  #sendAll(type, data) {
    for (const tab of this.#tabs) tab.send(type, data);
  }

  #handleReset(position) {
    const isFirst = this.#buffer.epoch === null;
    this.#buffer.restart(position);
    for (const tab of this.#tabs) {
      if (isFirst && tab.state === "asked") this.#catchUp(tab);
      else if (tab.state !== "new") this.#resetTab(tab);
    }
  }

  /** Has a tab read the state by itself: each may show another part of it. */
  #resetTab(tab) {
    tab.state = "new";
    tab.send("reset", { reason: "behind", ...this.#buffer.head });
  }

  #handleLive(position) {
    this.#buffer.advance(position.seq);
    for (const tab of this.#tabs) if (isFollowing(tab)) this.#goLive(tab);
  }

  #goLive(tab) {
    tab.state = "live";
    tab.send("live", { ...this.#buffer.head, topics: tab.topics && [...tab.topics] });
  }

  #handleFrame(frame) {
    const isNumbered = typeof frame.seq === "number";
    if (isNumbered) this.#buffer.push(frame);
    for (const tab of this.#tabs) {
      if (MARKET.has(frame.type)) this.#sendPrice(tab, frame);
      else if (isNumbered ? isFollowing(tab) : tab.state === "live") this.#sendEvent(tab, frame);
    }
  }

  #sendEvent(tab, frame) {
    if (tab.topics && !tab.topics.has(TOPICS[frame.type])) return;
    tab.sendText(JSON.stringify(frame));
  }

  // The markets

  #watch(tab, { instruments = [], topics = ["prices"], interval_ms: intervalMs }) {
    tab.watchRequest = { instruments, topics, intervalMs };
    if (this.#stream) this.#startWatching(tab);
  }

  #startWatching(tab) {
    const { instruments, topics, intervalMs } = tab.watchRequest;
    tab.unwatch();
    tab.unwatch = () => {};
    try {
      tab.unwatch = this.#stream.watch(instruments, { topics, intervalMs });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      tab.send("error", { code: "wrong_instruments", message: error.message, retry_after: null });
    }
    for (const [type, data] of this.#stream.listKnown(instruments, topics)) tab.send(type, data);
  }

  #sendPrice(tab, frame) {
    const { watchRequest } = tab;
    const hasTopic = watchRequest?.topics.includes(TOPICS[frame.type]);
    if (hasTopic && watchRequest.instruments.includes(frame.data.instrument)) tab.sendText(JSON.stringify(frame));
  }

  #handleWatching({ instruments, unknown, refused = [], ...more }) {
    const answered = new Set([...instruments, ...unknown, ...refused]);
    for (const tab of this.#tabs) {
      const watched = new Set(tab.watchRequest?.instruments);
      if (!tab.watchRequest || ![...watched].every((name) => answered.has(name))) continue; // an older answer
      const pick = (names) => names.filter((name) => watched.has(name));
      const lists = { instruments: pick(instruments), unknown: pick(unknown), refused: pick(refused) };
      tab.send("watching", { ...lists, ...more });
    }
  }
}

/** Whether events are sent to this tab as they arrive. */
function isFollowing({ state }) {
  return state === "waiting" || state === "live";
}
