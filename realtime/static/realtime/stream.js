/** One person's stream of events: an event counts once and in order, or not at all. */

import { MAIN } from "./addresses.js";
import { instruction } from "./close_codes.js";
import { Handlers } from "./handlers.js";
import { Line } from "./connection.js";
import { complete } from "./options.js";
import { Timers } from "./timers.js";
import { CONTROL, MARKET } from "./topics.js";
import { Watches } from "./watchlist.js";
import { Whole } from "./snapshot_fallback.js";

const SIGNED_OUT = 4102;
const LATER = 1_000; // before a refused frame or a token is tried once more

export class Stream {
  state;
  position; // the last event that counted
  user; // who is meant to be at the page; nobody else is ever shown
  #options;
  #handlers = new Handlers();
  #watches = new Watches();
  #timers;
  #line;
  #whole;
  #running = false;
  #asked = false; // for what follows our position, and not answered yet
  #mirror = "live"; // what a worker said of the line that it shares with us
  #lookedAgain = false;
  #isWelcome = false; // the server listens to our wishes
  #watching = null; // the wish that it knows
  #counts = { events: 0, repeats: 0, gaps: 0, resets: 0 };

  constructor(options = {}) {
    this.#options = complete(options);
    this.#timers = new Timers(this.#options);
    this.#line = new Line(this.#options, this.#timers, {
      opened: () => this.#opened(),
      frame: (frame) => this.#frame(frame),
      closed: (code, bye) => this.#closed(code, bye),
      become: (name, more) => this.#become(name, more),
      stateOf: () => this.state,
      signedOut: () => this.#signedOut("Signed out"),
      isMirror: () => this.#mirror !== "live",
    });
    this.#whole = new Whole(this.#options, this.#timers, {
      take: (snapshot) => this.#take(snapshot),
      isDown: () => this.#running && this.state.name !== "live",
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
    if (this.#running || signal?.aborted) return this;
    this.#running = true;
    signal?.addEventListener("abort", this.stop, { once: true });
    this.#line.start();
    this.#whole.rest();
    return this;
  }

  stop = () => {
    if (this.#running) this.#end("Stopped here");
  };

  /** Tries at once instead of waiting; for a button. */
  reconnect() {
    if (this.#running) this.#line.hurry();
  }

  /** Prices, or books, of these; several callers' wishes are one to the server. */
  watch(instruments, options) {
    const end = this.#watches.add(instruments, options);
    queueMicrotask(() => this.#sendWatch());
    return () => {
      end();
      queueMicrotask(() => this.#sendWatch());
    };
  }

  /** The newest "price_update" or "book_update" of an instrument that is watched, or null. */
  newest(type, instrument) {
    return this.#watches.newest(type, instrument);
  }

  /** What is known of these already, as [type, data]. */
  known(instruments, topics) {
    return this.#watches.known({ instruments, topics });
  }

  status() {
    const { url, door } = this.#options;
    return {
      ...{ state: this.state, position: this.position, user: this.user, url, door },
      shared: Boolean(this.#line.socket?.isShared),
      ...{ connects: this.#line.connects, heardAt: this.#line.heardAt, ...this.#counts },
      watching: this.#watches.united()?.instruments ?? [],
    };
  }

  // Frames

  #opened() {
    this.#timers.clear("again", "token");
    this.#isWelcome = this.#asked = false;
    this.#mirror = "live";
    this.#watching = null;
  }

  #frame(frame) {
    const { type, data = {}, seq } = frame;
    if (typeof seq === "number") return this.#numbered(frame);
    const own = {
      hello: () => this.#hello(data),
      auth_expiring: () => this.#authenticate(),
      ready: () => this.#ready(data),
      live: () => this.#live(data),
      reset: () => this.#reset(data),
      ping: () => this.#ping(data),
      error: () => this.#refused(data),
      line: () => this.#mirrored(data),
    }[type];
    if (MARKET.has(type)) this.#watches.keep(type, data);
    if (own?.() === false || type === "reset") return; // it has told by itself
    this.#tell(type, data, frame);
  }

  #hello(data) {
    this.#line.keepTimes(data);
    if (data.limits?.instruments) this.#watches.most = data.limits.instruments;
    const isPublic = this.#options.door === "market";
    if (data.authenticated === "no" && !isPublic) {
      if (!this.#options.token) return this.#signedOut("Signed out");
      this.#authenticate();
    }
    if (isPublic) this.#welcome();
  }

  async #authenticate() {
    if (!this.#options.token) return; // the browser's session cookie has said who we are
    const { socket } = this.#line;
    let token;
    try {
      token = await this.#options.token();
    } catch {
      if (this.#line.socket === socket) this.#timers.set("token", LATER, () => this.#authenticate());
      return;
    }
    if (this.#line.socket !== socket) return;
    if (token) this.#line.send("auth", { token });
    else this.#signedOut("Signed out");
  }

  #ready({ user, ...head }) {
    if (this.user !== null && String(user) !== String(this.user)) return this.#signedOut("Somebody else has signed in");
    this.user ??= user;
    if (this.#isWelcome || this.#options.door === "market") return; // only a new token
    this.#isWelcome = true;
    if (this.position) this.#subscribe();
    else this.#reset(head); // nothing is shown yet: first the state, then what follows it
    this.#sendWatch();
  }

  /** A door without a stream is live as soon as it greets. */
  #welcome() {
    this.#isWelcome = true;
    this.#succeed();
    this.#sendWatch();
  }

  #subscribe() {
    const { topics } = this.#options;
    this.#asked = true;
    this.#line.send("subscribe", {
      ...(this.position && { since: { epoch: this.position.epoch, seq: this.position.seq } }),
      ...(topics && { topics }),
    });
  }

  #live({ epoch, seq }) {
    const older = epoch === this.position?.epoch && seq < this.position.seq; // than a snapshot
    if (!older) this.position = { epoch, seq };
    this.#succeed();
  }

  #succeed() {
    this.#asked = this.#lookedAgain = false;
    this.#mirror = "live";
    this.#line.succeeded();
    this.#timers.clear("fallback");
    this.#become("live");
  }

  /** With chosen topics, or behind a door with fewer, missing numbers are others' by right. */
  get #isWhole() {
    return !this.#options.topics && this.#options.door === MAIN;
  }

  /** The server says up to which number it has sent all that concerns us. */
  #ping({ seq }) {
    if (this.position && seq > this.position.seq) {
      if (!this.#isWhole) this.position = { ...this.position, seq };
      else if (!this.#asked) this.#miss();
    }
    this.#line.send("pong", { seq: this.position?.seq ?? null });
  }

  #miss() {
    this.#counts.gaps += 1;
    this.#subscribe();
  }

  #numbered(frame) {
    const { type, data, seq } = frame;
    if (!this.position) return; // of before a reset
    if (seq <= this.position.seq) return void (this.#counts.repeats += 1);
    if (seq !== this.position.seq + 1 && this.#isWhole) return this.#asked || this.#miss();
    this.position = { ...this.position, seq };
    this.#counts.events += 1;
    this.#tell(type, data, frame);
  }

  /** A frame was not followed; what we still need is said once more. */
  #refused({ code, retry_after: wait }) {
    if (code !== "rate_limited" && code !== "bad_token") return;
    this.#timers.set("again", Math.max(wait ?? 0, LATER), () => {
      this.#watching = null;
      this.#sendWatch();
      if (code === "bad_token") this.#authenticate();
      else if (this.#asked) this.#subscribe();
    });
  }

  /** The worker tells how its line is; that is the truth about ours. */
  #mirrored({ name, since, ...more }) {
    this.#mirror = name;
    if (name !== "live") this.#become(name, more);
    else if (!this.#asked && this.position) this.#become("live");
  }

  #sendWatch() {
    const wish = this.#watches.united();
    const text = JSON.stringify(wish);
    if (!this.#isWelcome || !this.#line.isOpen || text === JSON.stringify(this.#watching)) return;
    this.#watching = wish;
    this.#line.send("watch", wish ?? { instruments: [] });
  }

  // The state as a whole

  async #reset(head) {
    const { socket } = this.#line;
    this.position = null;
    this.#asked = true; // or about to be: nothing before the answer is news
    this.#counts.resets += 1;
    if (this.state.name !== "connecting") this.#become("connecting");
    const fromNowOn = !this.#options.snapshot;
    if (fromNowOn && head.epoch) this.position = { epoch: head.epoch, seq: head.seq };
    this.#tell("reset", { reason: "new", ...head }, { type: "reset", data: head });
    if (fromNowOn) return this.#subscribe();
    try {
      await this.#whole.read();
    } catch {
      if (this.#line.socket === socket && socket) this.#line.again(1000);
      return;
    }
    if (this.#line.socket === socket && socket) this.#subscribe();
  }

  /** Shows it, unless it is old; what the stream has told since is never taken back. */
  #take(snapshot) {
    if (!this.#running) return false;
    if (this.user !== null && String(snapshot.user ?? this.user) !== String(this.user)) {
      return this.#signedOut("Somebody else has signed in");
    }
    const { epoch, seq } = snapshot.stream;
    const older = epoch === this.position?.epoch && seq < this.position.seq;
    if (older || this.state.name === "live") return false;
    this.position = { epoch, seq };
    this.#tell("snapshot", snapshot, { type: "snapshot", data: snapshot });
    return true;
  }

  // Ends

  #closed(code, bye) {
    if (!this.#running) return;
    const next = instruction(code, { hasToken: Boolean(this.#options.token), lookedAgain: this.#lookedAgain });
    if (next === "stop") return this.#end(bye?.message ?? "The server refused us", { code });
    if (next === "signedOut") return this.#signedOut(bye?.message ?? "Signed out", code);
    if (next === "lookAgain") this.#lookedAgain = true;
    if (next === "anew") this.position = null;
    this.#line.wait();
  }

  #signedOut(words, code = SIGNED_OUT) {
    this.#end(words, { code, signedOut: true });
    return false;
  }

  #end(words, more = {}) {
    this.#running = false;
    this.#options.signal?.removeEventListener("abort", this.stop);
    this.#line.stop();
    this.#timers.clearAll();
    this.#become("stopped", { words, signedOut: false, ...more });
  }

  // Telling

  #become(name, more = {}) {
    if (name !== "live" && this.#running) this.#whole.rest();
    this.state = { name, since: this.#options.now(), ...more };
    this.#handlers.tell("state", this.state, { type: "state", data: this.state });
  }

  #tell(type, data, frame) {
    this.#handlers.tell(type, data, frame);
    if (!CONTROL.has(type) && type !== "snapshot") this.#handlers.tell("*", data, frame);
  }
}
