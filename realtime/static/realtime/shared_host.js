/** One line to the server for many tabs: to each of them we are the server, and speak as it does. */

import { Ring } from "./event_buffer.js";
import { Timers } from "./timers.js";
import { MARKET, TOPICS } from "./topics.js";

const HEARTBEAT = 25_000;
const PATIENCE = 75_000; // with a tab that answers nothing: browsers let hidden ones sleep
const LINGER = 5_000; // from one page to the next the line is kept

export class Host {
  #options;
  #ring;
  #timers;
  #guests = new Set();
  #stream = null;

  /** `open(since)` makes the stream of `user` that all tabs share, not started yet. */
  constructor({ open, user, most, ...options }) {
    this.#options = { open, user, now: () => Date.now(), ...options };
    this.#ring = new Ring(most);
    this.#timers = new Timers({
      setTimeout: options.setTimeout ?? ((run, ms) => setTimeout(run, ms)),
      clearTimeout: options.clearTimeout ?? ((id) => clearTimeout(id)),
    });
  }

  get size() {
    return this.#guests.size;
  }

  /** A tab came: `say(text)` reaches it, `close(code)` ends it. Returns its ear. */
  join({ say, close }) {
    const { now, user } = this.#options;
    const guest = {
      say: (type, data) => say(JSON.stringify({ type, data })),
      pass: say,
      close,
      topics: null,
      since: null,
      state: "new", // then "asked", "waiting" for live, then "live"
      wish: null,
      unwatch: () => {},
      heardAt: now(),
    };
    this.#guests.add(guest);
    this.#timers.clear("linger");
    if (!this.#timers.has("ping")) this.#timers.set("ping", HEARTBEAT, () => this.#ping());
    guest.say("hello", { authenticated: "session", heartbeat_seconds: HEARTBEAT / 1000 });
    guest.say("ready", { user, ...this.#ring.head });
    if (this.#stream) guest.say("line", this.#stream.state);
    return { heard: (frame) => this.#heard(guest, frame), left: () => this.#left(guest) };
  }

  #left(guest) {
    if (!this.#guests.delete(guest)) return;
    guest.unwatch();
    if (this.#guests.size) return;
    this.#timers.clear("ping");
    this.#timers.set("linger", LINGER, () => this.#forget());
  }

  #forget() {
    const stream = this.#stream;
    this.#stream = null;
    this.#ring.epoch = null;
    stream?.stop();
  }

  #heard(guest, { type, data = {} }) {
    guest.heardAt = this.#options.now();
    if (!this.#guests.has(guest)) return;
    if (type === "subscribe") this.#subscribe(guest, data);
    else if (type === "watch") this.#watch(guest, data);
    else if (type === "hurry") this.#stream?.reconnect();
  }

  #ping() {
    this.#timers.set("ping", HEARTBEAT, () => this.#ping());
    const { head } = this.#ring;
    const late = this.#options.now() - PATIENCE;
    for (const guest of [...this.#guests]) {
      if (guest.heardAt < late) this.#end(guest, 4002, "Nothing heard from this tab");
      else guest.say("ping", { seq: guest.state === "new" ? null : (head?.seq ?? null), head: head?.seq ?? null });
    }
  }

  #end(guest, code, message) {
    guest.say("bye", { code, message, delay: 0 });
    guest.close(code);
    this.#left(guest);
  }

  // The stream

  #subscribe(guest, { since = null, topics }) {
    guest.topics = topics ? new Set(topics) : null;
    guest.since = since;
    guest.state = "asked";
    if (!this.#stream) this.#open(since);
    if (this.#ring.epoch !== null) this.#catchUp(guest);
  }

  #catchUp(guest) {
    const missed = this.#ring.after(guest.since ?? this.#ring.head);
    if (!missed) return this.#resetOne(guest);
    guest.state = "waiting";
    for (const event of missed) this.#event(guest, event);
    if (this.#stream.state.name === "live") this.#goLive(guest);
  }

  #open(since) {
    if (since) this.#ring.begin(since);
    const stream = this.#options.open(since);
    this.#stream = stream;
    const mine = (run) => (data, frame) => this.#stream === stream && run(data, frame);
    stream.on("state", mine((state) => this.#told(state)));
    stream.on("reset", mine(() => this.#reset(stream.position)));
    stream.on("live", mine(() => this.#live(stream.position)));
    stream.on("ping", mine(() => stream.position && this.#ring.reach(stream.position.seq)));
    stream.on("watching", mine((data) => this.#watching(data)));
    stream.on("*", mine((data, frame) => this.#news(frame)));
    for (const guest of this.#guests) if (guest.wish) this.#startWatching(guest);
    stream.start();
  }

  #told(state) {
    if (state.name !== "stopped") return this.#sayAll("line", state);
    this.#stream = null;
    this.#ring.epoch = null;
    const { code = 4000, words, signedOut } = state;
    const told = signedOut && !(code >= 4100 && code < 4200) ? 4102 : code;
    for (const guest of [...this.#guests]) this.#end(guest, told, words);
  }

  #sayAll(type, data) {
    for (const guest of this.#guests) guest.say(type, data);
  }

  #reset(position) {
    const begins = this.#ring.epoch === null;
    this.#ring.begin(position);
    for (const guest of this.#guests) {
      if (begins && guest.state === "asked") this.#catchUp(guest);
      else if (guest.state !== "new") this.#resetOne(guest);
    }
  }

  /** Each tab reads the state by itself: it may be another part of it that it shows. */
  #resetOne(guest) {
    guest.state = "new";
    guest.say("reset", { reason: "behind", ...this.#ring.head });
  }

  #live(position) {
    this.#ring.reach(position.seq);
    for (const guest of this.#guests) if (follows(guest)) this.#goLive(guest);
  }

  #goLive(guest) {
    guest.state = "live";
    guest.say("live", { ...this.#ring.head, topics: guest.topics && [...guest.topics] });
  }

  #news(frame) {
    const isNumbered = typeof frame.seq === "number";
    if (isNumbered) this.#ring.push(frame);
    for (const guest of this.#guests) {
      if (MARKET.has(frame.type)) this.#price(guest, frame);
      else if (isNumbered ? follows(guest) : guest.state === "live") this.#event(guest, frame);
    }
  }

  #event(guest, frame) {
    if (guest.topics && !guest.topics.has(TOPICS[frame.type])) return;
    guest.pass(JSON.stringify(frame));
  }

  // The markets

  #watch(guest, { instruments = [], topics = ["prices"], interval_ms: intervalMs }) {
    guest.wish = { instruments, topics, intervalMs };
    if (this.#stream) this.#startWatching(guest);
  }

  #startWatching(guest) {
    const { instruments, topics, intervalMs } = guest.wish;
    guest.unwatch();
    guest.unwatch = () => {};
    try {
      guest.unwatch = this.#stream.watch(instruments, { topics, intervalMs });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      guest.say("error", { code: "wrong_instruments", message: error.message, retry_after: null });
    }
    for (const [type, data] of this.#stream.known(instruments, topics)) guest.say(type, data);
  }

  #price(guest, frame) {
    const { wish } = guest;
    const isWished = wish?.topics.includes(TOPICS[frame.type]) && wish.instruments.includes(frame.data.instrument);
    if (isWished) guest.pass(JSON.stringify(frame));
  }

  #watching({ instruments, unknown, refused = [], ...more }) {
    const answered = new Set([...instruments, ...unknown, ...refused]);
    for (const guest of this.#guests) {
      const mine = new Set(guest.wish?.instruments);
      if (!guest.wish || ![...mine].every((one) => answered.has(one))) continue; // an older answer
      const of = (names) => names.filter((one) => mine.has(one));
      guest.say("watching", { instruments: of(instruments), unknown: of(unknown), refused: of(refused), ...more });
    }
  }
}

/** Whether events go to this tab as they come. */
function follows({ state }) {
  return state === "waiting" || state === "live";
}
