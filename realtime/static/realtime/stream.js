/** One user's stream of events: an event counts once and in order, or not at all. */

import { MAIN } from "./addresses.js";
import { chooseReaction } from "./close_codes.js";
import { Handlers } from "./handlers.js";
import { Connection } from "./connection.js";
import { completeOptions } from "./options.js";
import { Timers } from "./timers.js";
import { CONTROL, MARKET } from "./topics.js";
import { Watchlist } from "./watchlist.js";
import { SnapshotReader } from "./snapshot_fallback.js";

const SIGNED_OUT = 4102;
const LATER = 1_000; // before a refused frame or a token is tried once more

export class Stream {
  state;
  position; // the last event that counted
  user; // whose page it is; nobody else's data is ever shown
  #options;
  #handlers = new Handlers();
  #watchlist = new Watchlist();
  #timers;
  #connection;
  #snapshotReader;
  #isRunning = false;
  #isWaiting = false; // for the events after our position
  #sharedState = "live"; // the state of the connection that a worker shares with us
  #hasRetried = false;
  #isReady = false; // the server accepts subscriptions and watch requests
  #sentRequest = null; // the watch request that the server has
  #counts = { events: 0, repeats: 0, gaps: 0, resets: 0 };

  constructor(options = {}) {
    this.#options = completeOptions(options);
    this.#timers = new Timers(this.#options);
    this.#connection = new Connection(this.#options, this.#timers, {
      handleOpen: () => this.#handleOpen(),
      handleFrame: (frame) => this.#handleFrame(frame),
      handleClose: (code, bye) => this.#handleClose(code, bye),
      changeState: (name, more) => this.#changeState(name, more),
      getState: () => this.state,
      handleSignOut: () => this.#endSignedOut("Signed out"),
      isSharedDown: () => this.#sharedState !== "live",
    });
    this.#snapshotReader = new SnapshotReader(this.#options, this.#timers, {
      showSnapshot: (snapshot) => this.#showSnapshot(snapshot),
      isDown: () => this.#isRunning && this.state.name !== "live",
    });
    this.position = options.since ?? null;
    this.user = options.user ?? null;
    this.state = { name: "connecting", since: this.#options.now() };
  }

  on(type, handler, options) {
    return this.#handlers.on(type, handler, options);
  }

  start() {
    const { signal } = this.#options;
    if (this.#isRunning || signal?.aborted) return this;
    this.#isRunning = true;
    signal?.addEventListener("abort", this.stop, { once: true });
    this.#connection.start();
    this.#snapshotReader.startFallback();
    return this;
  }

  stop = () => {
    if (this.#isRunning) this.#stopWith("Stopped here");
  };

  /** Connects at once instead of waiting; for a button. */
  reconnect() {
    if (this.#isRunning) this.#connection.skipWait();
  }

  /** Watches prices or books of instruments; several callers' requests become one to the server. */
  watch(instruments, options) {
    const end = this.#watchlist.addRequest(instruments, options);
    queueMicrotask(() => this.#sendWatch());
    return () => {
      end();
      queueMicrotask(() => this.#sendWatch());
    };
  }

  /** The newest "price_update" or "book_update" of an instrument that is watched, or null. */
  newest(type, instrument) {
    return this.#watchlist.newest(type, instrument);
  }

  /** Lists the newest prices and books of instruments, as [type, data]. */
  listKnown(instruments, topics) {
    return this.#watchlist.listKnown({ instruments, topics });
  }

  status() {
    const { url, door } = this.#options;
    return {
      ...{ state: this.state, position: this.position, user: this.user, url, door },
      shared: Boolean(this.#connection.socket?.isShared),
      ...{ connects: this.#connection.connects, heardAt: this.#connection.heardAt, ...this.#counts },
      watching: this.#watchlist.combine()?.instruments ?? [],
    };
  }

  // Frames

  #handleOpen() {
    this.#timers.clear("again", "token");
    this.#isReady = this.#isWaiting = false;
    this.#sharedState = "live";
    this.#sentRequest = null;
  }

  #handleFrame(frame) {
    const { type, data = {}, seq } = frame;
    if (typeof seq === "number") return this.#handleEvent(frame);
    const handler = {
      hello: () => this.#handleHello(data),
      auth_expiring: () => this.#authenticate(),
      ready: () => this.#handleReady(data),
      live: () => this.#handleLive(data),
      reset: () => this.#handleReset(data),
      ping: () => this.#handlePing(data),
      error: () => this.#handleError(data),
      line: () => this.#handleSharedState(data),
    }[type];
    if (MARKET.has(type)) this.#watchlist.noteNewest(type, data);
    if (handler?.() === false || type === "reset") return; // it has called the handlers itself
    this.#passOn(type, data, frame);
  }

  #handleHello(data) {
    this.#connection.setTimes(data);
    if (data.limits?.instruments) this.#watchlist.most = data.limits.instruments;
    const isPublic = this.#options.door === "market";
    if (data.authenticated === "no" && !isPublic) {
      if (!this.#options.token) return this.#endSignedOut("Signed out");
      this.#authenticate();
    }
    if (isPublic) this.#startPublic();
  }

  async #authenticate() {
    if (!this.#options.token) return; // the browser's session cookie has said who we are
    const { socket } = this.#connection;
    let token;
    try {
      token = await this.#options.token();
    } catch {
      if (this.#connection.socket === socket) this.#timers.set("token", LATER, () => this.#authenticate());
      return;
    }
    if (this.#connection.socket !== socket) return;
    if (token) this.#connection.send("auth", { token });
    else this.#endSignedOut("Signed out");
  }

  #handleReady({ user, ...head }) {
    if (this.user !== null && String(user) !== String(this.user)) return this.#endSignedOut("Somebody else has signed in");
    this.user ??= user;
    if (this.#isReady || this.#options.door === "market") return; // only a new token
    this.#isReady = true;
    if (this.position) this.#subscribe();
    else this.#handleReset(head); // nothing is shown yet: first the state, then what follows it
    this.#sendWatch();
  }

  /** An endpoint without a stream is live as soon as it says hello. */
  #startPublic() {
    this.#isReady = true;
    this.#goLive();
    this.#sendWatch();
  }

  #subscribe() {
    const { topics } = this.#options;
    this.#isWaiting = true;
    this.#connection.send("subscribe", {
      ...(this.position && { since: { epoch: this.position.epoch, seq: this.position.seq } }),
      ...(topics && { topics }),
    });
  }

  #handleLive({ epoch, seq }) {
    const isOlder = epoch === this.position?.epoch && seq < this.position.seq; // than a snapshot
    if (!isOlder) this.position = { epoch, seq };
    this.#goLive();
  }

  #goLive() {
    this.#isWaiting = this.#hasRetried = false;
    this.#sharedState = "live";
    this.#connection.resetAttempts();
    this.#timers.clear("fallback");
    this.#changeState("live");
  }

  /** With chosen topics, or an endpoint with fewer, missing numbers belong to events of others. */
  get #hasAllEvents() {
    return !this.#options.topics && this.#options.door === MAIN;
  }

  /** Takes over the number up to which the server has sent every event of ours. */
  #handlePing({ seq }) {
    if (this.position && seq > this.position.seq) {
      if (!this.#hasAllEvents) this.position = { ...this.position, seq };
      else if (!this.#isWaiting) this.#reportGap();
    }
    this.#connection.send("pong", { seq: this.position?.seq ?? null });
  }

  #reportGap() {
    this.#counts.gaps += 1;
    this.#subscribe();
  }

  #handleEvent(frame) {
    const { type, data, seq } = frame;
    if (!this.position) return; // from before a reset
    if (seq <= this.position.seq) return void (this.#counts.repeats += 1);
    if (seq !== this.position.seq + 1 && this.#hasAllEvents) return this.#isWaiting || this.#reportGap();
    this.position = { ...this.position, seq };
    this.#counts.events += 1;
    this.#passOn(type, data, frame);
  }

  /** Sends again what the server did not accept. */
  #handleError({ code, retry_after: wait }) {
    if (code !== "rate_limited" && code !== "bad_token") return;
    this.#timers.set("again", Math.max(wait ?? 0, LATER), () => {
      this.#sentRequest = null;
      this.#sendWatch();
      if (code === "bad_token") this.#authenticate();
      else if (this.#isWaiting) this.#subscribe();
    });
  }

  /** Takes over the state of the worker's connection: it is the true state of ours. */
  #handleSharedState({ name, since, ...more }) {
    this.#sharedState = name;
    if (name !== "live") this.#changeState(name, more);
    else if (!this.#isWaiting && this.position) this.#changeState("live");
  }

  #sendWatch() {
    const request = this.#watchlist.combine();
    const text = JSON.stringify(request);
    if (!this.#isReady || !this.#connection.isOpen || text === JSON.stringify(this.#sentRequest)) return;
    this.#sentRequest = request;
    this.#connection.send("watch", request ?? { instruments: [] });
  }

  // Snapshots

  async #handleReset(head) {
    const { socket } = this.#connection;
    this.position = null;
    this.#isWaiting = true; // or about to: no event before the answer counts
    this.#counts.resets += 1;
    if (this.state.name !== "connecting") this.#changeState("connecting");
    const startsAtHead = !this.#options.snapshot;
    if (startsAtHead && head.epoch) this.position = { epoch: head.epoch, seq: head.seq };
    this.#passOn("reset", { reason: "new", ...head }, { type: "reset", data: head });
    if (startsAtHead) return this.#subscribe();
    try {
      await this.#snapshotReader.read();
    } catch {
      if (this.#connection.socket === socket && socket) this.#connection.reopenLater(1000);
      return;
    }
    if (this.#connection.socket === socket && socket) this.#subscribe();
  }

  /** Passes a snapshot on, unless it is older than the stream: events are never taken back. */
  #showSnapshot(snapshot) {
    if (!this.#isRunning) return false;
    if (this.user !== null && String(snapshot.user ?? this.user) !== String(this.user)) {
      return this.#endSignedOut("Somebody else has signed in");
    }
    const { epoch, seq } = snapshot.stream;
    const isOlder = epoch === this.position?.epoch && seq < this.position.seq;
    if (isOlder || this.state.name === "live") return false;
    this.position = { epoch, seq };
    this.#passOn("snapshot", snapshot, { type: "snapshot", data: snapshot });
    return true;
  }

  // Ends

  #handleClose(code, bye) {
    if (!this.#isRunning) return;
    const reaction = chooseReaction(code, { hasToken: Boolean(this.#options.token), hasRetried: this.#hasRetried });
    if (reaction === "stop") return this.#stopWith(bye?.message ?? "The server refused us", { code });
    if (reaction === "signedOut") return this.#endSignedOut(bye?.message ?? "Signed out", code);
    if (reaction === "retryOnce") this.#hasRetried = true;
    if (reaction === "startOver") this.position = null;
    this.#connection.scheduleRetry();
  }

  #endSignedOut(reason, code = SIGNED_OUT) {
    this.#stopWith(reason, { code, signedOut: true });
    return false;
  }

  #stopWith(reason, more = {}) {
    this.#isRunning = false;
    this.#options.signal?.removeEventListener("abort", this.stop);
    this.#connection.stop();
    this.#timers.clearAll();
    this.#changeState("stopped", { words: reason, signedOut: false, ...more });
  }

  // Handlers

  #changeState(name, more = {}) {
    if (name !== "live" && this.#isRunning) this.#snapshotReader.startFallback();
    this.state = { name, since: this.#options.now(), ...more };
    this.#handlers.callHandlers("state", this.state, { type: "state", data: this.state });
  }

  #passOn(type, data, frame) {
    this.#handlers.callHandlers(type, data, frame);
    if (!CONTROL.has(type) && type !== "snapshot") this.#handlers.callHandlers("*", data, frame);
  }
}
