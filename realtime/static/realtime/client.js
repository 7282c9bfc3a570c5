/**
 * One person's stream of events in a browser (or in node): connect, resume, never pretend.
 *
 *   import { connect } from "/static/realtime/client.js";
 *   const stream = connect({ since: { epoch, seq }, topics: ["orders"] });
 *   const off = stream.on("order_update", (order) => …);   // off() ends it
 *   stream.on("state", (state) => …);                       // for the coloured dot
 *   stream.on("snapshot", (snapshot) => …);                 // drop what you had, show this
 *
 * The protocol is told in docs; its rule here: an event counts once and in order, or not at all.
 * After any doubt (gap, reset, silence) the client asks again from its own position.
 */

import { Timers } from "./timers.js";

export const LATE = 28_000; // the server pings every 25 s
export const SILENT = 35_000;
export const FALLBACK = 60_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

async function readSnapshot(token) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${await token()}`;
  const answer = await fetch("/api/v1/snapshot/", { headers, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`snapshot: ${answer.status}`);
  return answer.json();
}

function addressOf(path) {
  if (/^wss?:/.test(path)) return path;
  const here = globalThis.location;
  return `${here.protocol === "https:" ? "wss:" : "ws:"}//${here.host}${path}`;
}

export class Stream {
  #handlers = new Map();
  #timers;
  #options;
  #socket = null;
  #attempt = 0;
  #bye = null;
  #asked = false;
  #running = false;
  #ends = [];

  constructor(options = {}) {
    this.#options = {
      url: "/ws/",
      topics: undefined,
      token: undefined,
      snapshot: () => readSnapshot(options.token),
      WebSocket: globalThis.WebSocket,
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
      clearTimeout: (id) => globalThis.clearTimeout(id),
      now: () => Date.now(),
      random: () => Math.random(),
      surroundings: globalThis.window ?? null,
      ...options,
    };
    this.#timers = new Timers(this.#options);
    this.position = options.since ?? null;
    this.user = null;
    this.state = { name: "connecting", since: this.#options.now() };
  }

  /** Hears every event of a type; "*" hears all. Returns the way to stop. */
  on(type, handler) {
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    this.#handlers.get(type).add(handler);
    return () => this.#handlers.get(type).delete(handler);
  }

  start() {
    if (this.#running) return this;
    this.#running = true;
    this.#watchSurroundings();
    this.#open();
    this.#timers.set("fallback", FALLBACK, () => this.#fallBack());
    return this;
  }

  stop() {
    this.#running = false;
    for (const end of this.#ends.splice(0)) end();
    this.#timers.clearAll();
    this.#drop(1000);
    this.#become("stopped", { words: "Stopped here", signedOut: false });
  }

  /** Tries at once instead of waiting; for a button or a returned network. */
  reconnect() {
    if (!this.#running || this.state.name !== "waiting") return;
    this.#attempt = 0;
    this.#open();
  }

  // Connection

  #open() {
    this.#timers.clear("retry");
    this.#bye = null;
    this.#become("connecting");
    const socket = new this.#options.WebSocket(addressOf(this.#options.url));
    this.#socket = socket;
    this.#hear();
    const mine = (run) => (event) => this.#socket === socket && run(event);
    socket.onmessage = mine((event) => {
      this.#hear();
      this.#frame(JSON.parse(event.data));
    });
    socket.onclose = mine((event) => this.#closed(event.code));
  }

  /** Leaves the socket; what it still says belongs to nobody. */
  #drop(code) {
    const socket = this.#socket;
    this.#socket = null;
    this.#timers.clear("late", "silent");
    if (socket && socket.readyState < 2) socket.close(code);
  }

  #closed(code) {
    this.#drop(code);
    if (!this.#running) return;
    if (code >= 4200 && code < 4300) this.position = null;
    if (code >= 4500 && code < 4600) return this.#halt(code, false);
    if (code >= 4100 && code < 4200 && !this.#options.token) return this.#halt(code, true);
    this.#wait();
  }

  #halt(code, signedOut) {
    const words = this.#bye?.message ?? (signedOut ? "Signed out" : "The server refused us");
    this.stop();
    this.#become("stopped", { code, words, signedOut });
  }

  #wait() {
    const most = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt++);
    const told = (this.#bye?.delay ?? 0) * 1000; // seconds on the wire
    const delay = Math.round(Math.max(told, this.#options.random() * most));
    if (this.#options.surroundings?.navigator?.onLine === false) this.#become("offline");
    else this.#become("waiting", { retryAt: this.#options.now() + delay });
    this.#timers.set("retry", delay, () => this.#open());
    if (!this.#timers.has("fallback")) this.#timers.set("fallback", FALLBACK, () => this.#fallBack());
  }

  #hear() {
    this.#timers.set("silent", SILENT, () => {
      this.#drop(4002);
      this.#wait();
    });
    this.#timers.set("late", LATE, () => {
      if (this.state.name === "live") this.#become("delayed", { heardAt: this.#options.now() - LATE });
    });
    if (this.state.name === "delayed") this.#become("live");
  }

  /** A network that came back, or a person who looks at the page again, need not wait. */
  #watchSurroundings() {
    const place = this.#options.surroundings;
    if (!place?.addEventListener) return;
    const back = () => (this.state.name === "offline" ? this.#open() : this.reconnect());
    const seen = () => place.document?.visibilityState === "visible" && this.reconnect();
    const gone = () => {
      this.#drop(1000);
      this.#wait();
    };
    for (const [target, name, run] of [
      [place, "online", back],
      [place, "offline", gone],
      [place.document, "visibilitychange", seen],
    ]) {
      target?.addEventListener(name, run);
      this.#ends.push(() => target?.removeEventListener(name, run));
    }
  }

  // Frames

  #frame(frame) {
    const { type, data = {}, seq } = frame;
    if (typeof seq === "number") return this.#numbered(frame);
    const own = {
      hello: () => this.#authenticate(),
      auth_expiring: () => this.#authenticate(),
      ready: () => this.#ready(data),
      live: () => this.#live(data),
      reset: () => this.#reset(),
      ping: () => this.#ping(data),
      bye: () => (this.#bye = data),
    }[type];
    own?.();
    this.#emit(type, data, frame);
  }

  async #authenticate() {
    if (!this.#options.token) return; // the browser's session cookie has said who we are
    const socket = this.#socket;
    const token = await this.#options.token();
    if (this.#socket === socket) this.#send("auth", { token });
  }

  #ready(data) {
    const renewed = this.user !== null && this.state.name === "live";
    this.user = data.user;
    if (renewed) return;
    if (this.position) this.#subscribe();
    else this.#reset(); // nothing is shown yet: first the state, then what follows it
  }

  #subscribe() {
    const { topics } = this.#options;
    this.#asked = true;
    this.#send("subscribe", {
      ...(this.position && { since: { epoch: this.position.epoch, seq: this.position.seq } }),
      ...(topics && { topics }),
    });
  }

  #live(data) {
    this.position = { epoch: data.epoch, seq: data.seq };
    this.#asked = false;
    this.#attempt = 0;
    this.#timers.clear("fallback");
    this.#become("live");
  }

  /** The server says up to which number it has sent all that concerns us. */
  #ping({ seq }) {
    if (this.position && seq > this.position.seq) {
      if (this.#options.topics) this.position = { ...this.position, seq };
      else if (!this.#asked) this.#subscribe();
    }
    this.#send("pong", { seq: this.position?.seq ?? null });
  }

  #numbered(frame) {
    const { type, data, seq } = frame;
    const last = this.position?.seq ?? seq - 1;
    if (seq <= last) return; // a repeat
    // With chosen topics other people's numbers are missing by right; the server proves those.
    if (seq !== last + 1 && !this.#options.topics) {
      if (!this.#asked) this.#subscribe();
      return;
    }
    this.position = { epoch: this.position?.epoch, seq };
    this.#emit(type, data, frame);
    this.#emit("*", data, frame);
  }

  async #reset() {
    const socket = this.#socket;
    this.position = null;
    if (this.state.name !== "connecting") this.#become("connecting");
    try {
      await this.#show();
    } catch {
      if (this.#socket !== socket) return;
      this.#drop(1000);
      return this.#wait();
    }
    if (this.#socket === socket) this.#subscribe();
  }

  /** While there is no stream the state is still read now and then. */
  async #fallBack() {
    this.#timers.clear("fallback");
    try {
      if (this.state.name !== "live") await this.#show();
    } catch {
      // The server is away altogether; the dot says so already.
    }
    if (this.#running && this.state.name !== "live" && !this.#timers.has("fallback")) {
      this.#timers.set("fallback", FALLBACK, () => this.#fallBack());
    }
  }

  async #show() {
    const snapshot = await this.#options.snapshot();
    const { epoch, seq } = snapshot.stream;
    const older = epoch === this.position?.epoch && seq < this.position.seq;
    if (older || this.state.name === "live") return; // the stream was faster and knows more
    this.position = { epoch, seq };
    this.#emit("snapshot", snapshot, { type: "snapshot", data: snapshot });
  }

  #send(type, data) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ type, data }));
  }

  // Telling

  #become(name, more = {}) {
    this.state = { name, since: this.#options.now(), ...more };
    this.#emit("state", this.state, { type: "state", data: this.state });
  }

  #emit(type, data, frame) {
    for (const handler of [...(this.#handlers.get(type) ?? [])]) {
      try {
        handler(data, frame);
      } catch (error) {
        // One listener's mistake must not cost the others the event.
        globalThis.console.error(error);
      }
    }
  }
}

/** Opens a stream and keeps it open. */
export function connect(options) {
  return new Stream(options).start();
}
