/** A connection that is kept open: dropped when it is silent, and opened again. */

import { followPage, isOffline } from "./page_events.js";

export const LATE = 28_000; // the server pings every 25 s, unless its greeting says otherwise
export const SILENT = 35_000;
const PROTOCOL = "fillwatch.v1";
const GRACE = LATE - 25_000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;

const encodeBase64Url = (text) => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export class Connection {
  connects = 0;
  heardAt = null;
  #options;
  #timers;
  #owner;
  #socket = null;
  #turn = 0; // counts the sockets that were opened or dropped
  #attempt = 0;
  #bye = null;
  #late = LATE;
  #silent = SILENT;
  #unfollow = () => {};

  /** The owner's methods are called with what happens: see `Stream`. */
  constructor(options, timers, owner) {
    this.#options = options;
    this.#timers = timers;
    this.#owner = owner;
  }

  /** The present socket, for comparing it with a later one. */
  get socket() {
    return this.#socket;
  }

  get isOpen() {
    return this.#socket?.readyState === 1;
  }

  start() {
    this.#unfollow = followPage(this.#options.surroundings, {
      onOnline: () => (this.#owner.getState().name === "offline" ? this.open() : this.skipWait()),
      onSeen: () => this.skipWait(),
      onOffline: () => this.reopenLater(1000),
      onHide: () => this.drop(1000), // nothing may wait for a page that nobody sees
      onRestore: () => this.open(),
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
    this.#owner.handleOpen();
    this.#owner.changeState("connecting");
    this.#noteFrame();
    if (this.#options.token) this.#dialWithToken();
    else this.#dial([]);
  }

  /** The token outranks the cookie that the browser sends by itself, which may be another user's. */
  async #dialWithToken() {
    const turn = this.#turn;
    let token;
    try {
      token = await this.#options.token();
    } catch {
      if (this.#turn === turn) this.reopenLater(1000);
      return;
    }
    if (this.#turn !== turn) return;
    if (token) this.#dial([PROTOCOL, `bearer.${encodeBase64Url(token)}`]);
    else this.#owner.handleSignOut();
  }

  #dial(protocols) {
    const { WebSocket, url } = this.#options;
    const socket = protocols.length ? new WebSocket(url, protocols) : new WebSocket(url);
    this.#socket = socket;
    const ifPresent = (run) => (event) => this.#socket === socket && run(event);
    socket.onmessage = ifPresent((event) => {
      this.#noteFrame();
      this.#readFrame(event.data);
    });
    socket.onclose = ifPresent((event) => {
      this.drop(1000);
      this.#owner.handleClose(event.code, this.#bye);
    });
  }

  /** Leaves the socket; frames that still arrive on it are ignored. */
  drop(code) {
    const socket = this.#socket;
    this.#socket = null;
    this.#turn += 1;
    this.#timers.clear("late", "silent");
    if (socket && socket.readyState < 2) socket.close(code);
  }

  /** Leaves the socket and opens another one later. */
  reopenLater(code) {
    this.drop(code);
    this.scheduleRetry();
  }

  /** Waits longer each time, and a random time, so that clients do not all come back at once. */
  scheduleRetry() {
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt++);
    const least = (this.#bye?.delay ?? 0) * 1000; // seconds on the wire
    const delay = Math.round(Math.max(least, this.#options.random() * longest));
    this.#timers.set("retry", delay, () => this.open());
    if (isOffline(this.#options.surroundings)) this.#owner.changeState("offline");
    else this.#owner.changeState("waiting", { retryAt: this.#options.now() + delay });
  }

  /** Connects at once: somebody looks at the page, or pressed the button. */
  skipWait() {
    if (this.#owner.getState().name !== "waiting") return;
    if (this.isOpen) return this.send("hurry"); // it is the worker's connection that waits
    this.#attempt = 0;
    this.open();
  }

  send(type, data = {}) {
    if (this.isOpen) this.#socket.send(JSON.stringify({ type, data }));
  }

  resetAttempts() {
    this.#attempt = 0;
  }

  /** Takes over the heartbeat and silence of this server. */
  setTimes({ heartbeat_seconds: heartbeat, silence_seconds: silence }) {
    if (heartbeat) this.#late = heartbeat * 1000 + GRACE;
    if (silence) this.#silent = silence * 1000;
    this.#noteFrame();
  }

  #readFrame(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return this.reopenLater(4002); // not our protocol: nothing after it can be trusted
    }
    if (frame.type === "bye") this.#bye = frame.data;
    this.#owner.handleFrame(frame);
  }

  #noteFrame() {
    const now = this.#options.now();
    this.heardAt = now;
    this.#timers.set("silent", this.#silent, () => this.reopenLater(4002));
    this.#timers.set("late", this.#late, () => {
      if (this.#owner.getState().name === "live") this.#owner.changeState("delayed", { heardAt: now });
    });
    if (this.#owner.getState().name === "delayed" && !this.#owner.isSharedDown()) this.#owner.changeState("live");
  }
}
