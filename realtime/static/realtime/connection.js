/** A connection that is kept: opened, listened to, given up when silent, and opened again. */

import { follow, isOffline } from "./page_events.js";

export const LATE = 28_000; // the server pings every 25 s, unless its greeting says otherwise
export const SILENT = 35_000;
const PROTOCOL = "fillwatch.v1";
const GRACE = LATE - 25_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

const base64url = (text) => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export class Line {
  connects = 0;
  heardAt = null;
  #options;
  #timers;
  #owner;
  #socket = null;
  #turn = 0; // of the sockets that were opened or given up
  #attempt = 0;
  #bye = null;
  #late = LATE;
  #silent = SILENT;
  #unfollow = () => {};

  /** The owner is told what happens: see `Stream`. */
  constructor(options, timers, owner) {
    this.#options = options;
    this.#timers = timers;
    this.#owner = owner;
  }

  /** The present socket, to be compared with a later one. */
  get socket() {
    return this.#socket;
  }

  get isOpen() {
    return this.#socket?.readyState === 1;
  }

  start() {
    this.#unfollow = follow(this.#options.surroundings, {
      back: () => (this.#owner.stateOf().name === "offline" ? this.open() : this.hurry()),
      seen: () => this.hurry(),
      gone: () => this.again(1000),
      away: () => this.drop(1000), // nothing may wait for a page that nobody sees
      shown: () => this.open(),
    });
    this.open();
  }

  stop() {
    this.#unfollow();
    this.drop(1000);
    this.#timers.clear("retry");
  }

  open() {
    this.drop(1000);
    this.#timers.clear("retry");
    this.#bye = null;
    this.connects += 1;
    this.#owner.opened();
    this.#owner.become("connecting");
    this.#hear();
    if (this.#options.token) this.#dialWithToken();
    else this.#dial([]);
  }

  /** The token outranks a cookie that the browser sends unasked, and may be another user's. */
  async #dialWithToken() {
    const turn = this.#turn;
    let token;
    try {
      token = await this.#options.token();
    } catch {
      if (this.#turn === turn) this.again(1000);
      return;
    }
    if (this.#turn !== turn) return;
    if (token) this.#dial([PROTOCOL, `bearer.${base64url(token)}`]);
    else this.#owner.signedOut();
  }

  #dial(protocols) {
    const { WebSocket, url } = this.#options;
    const socket = protocols.length ? new WebSocket(url, protocols) : new WebSocket(url);
    this.#socket = socket;
    const mine = (run) => (event) => this.#socket === socket && run(event);
    socket.onmessage = mine((event) => {
      this.#hear();
      this.#frame(event.data);
    });
    socket.onclose = mine((event) => {
      this.drop(1000);
      this.#owner.closed(event.code, this.#bye);
    });
  }

  /** Leaves the socket; what it still says belongs to nobody. */
  drop(code) {
    const socket = this.#socket;
    this.#socket = null;
    this.#turn += 1;
    this.#timers.clear("late", "silent");
    if (socket && socket.readyState < 2) socket.close(code);
  }

  /** Leaves it and comes back later. */
  again(code) {
    this.drop(code);
    this.wait();
  }

  /** Later and later, and never all at the same time: any moment up to the longest. */
  wait() {
    const most = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt++);
    const told = (this.#bye?.delay ?? 0) * 1000; // seconds on the wire
    const delay = Math.round(Math.max(told, this.#options.random() * most));
    this.#timers.set("retry", delay, () => this.open());
    if (isOffline(this.#options.surroundings)) this.#owner.become("offline");
    else this.#owner.become("waiting", { retryAt: this.#options.now() + delay });
  }

  /** Somebody looks, or presses the button: no more waiting. */
  hurry() {
    if (this.#owner.stateOf().name !== "waiting") return;
    if (this.isOpen) return this.send("hurry"); // it is the worker's line that waits
    this.#attempt = 0;
    this.open();
  }

  send(type, data = {}) {
    if (this.isOpen) this.#socket.send(JSON.stringify({ type, data }));
  }

  succeeded() {
    this.#attempt = 0;
  }

  /** The times of this server. */
  keepTimes({ heartbeat_seconds: heartbeat, silence_seconds: silence }) {
    if (heartbeat) this.#late = heartbeat * 1000 + GRACE;
    if (silence) this.#silent = silence * 1000;
    this.#hear();
  }

  #frame(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return this.again(4002); // not our protocol; nothing after it can be trusted
    }
    if (frame.type === "bye") this.#bye = frame.data;
    this.#owner.frame(frame);
  }

  #hear() {
    const now = this.#options.now();
    this.heardAt = now;
    this.#timers.set("silent", this.#silent, () => this.again(4002));
    this.#timers.set("late", this.#late, () => {
      if (this.#owner.stateOf().name === "live") this.#owner.become("delayed", { heardAt: now });
    });
    if (this.#owner.stateOf().name === "delayed" && !this.#owner.isMirror()) this.#owner.become("live");
  }
}
