/** A socket and a clock made of paper, for streams that are tested without waiting. */

import { Stream } from "../../realtime/static/realtime/client.js";

export const PLACE = { epoch: "e1", seq: 10 };

/** A clock that moves only when told. */
export class Clock {
  time = 0;
  waiting = new Map();
  setTimeout = (run, ms) => {
    const id = Symbol("timer");
    this.waiting.set(id, { run, at: this.time + ms });
    return id;
  };
  clearTimeout = (id) => this.waiting.delete(id);
  now = () => this.time;

  pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.waiting].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!next) break;
      this.waiting.delete(next[0]);
      this.time = next[1].at;
      next[1].run();
    }
    this.time = end;
  }
}

export function world({ quiet = false, ...options } = {}) {
  const clock = new Clock();
  const sockets = [];
  class Socket {
    readyState = 1;
    sent = [];
    constructor(url, protocols) {
      this.url = url;
      this.protocols = protocols;
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close(code) {
      this.readyState = 3;
      this.closedWith = code;
    }
    say(type, data, seq) {
      this.onmessage({ data: JSON.stringify({ type, data, ...(seq && { seq }) }) });
    }
    end(code) {
      this.readyState = 3;
      this.onclose({ code });
    }
    live(seq = 10, epoch = "e1") {
      this.say("hello", {});
      this.say("ready", { user: 1 });
      this.say("live", { epoch, seq });
    }
  }
  const stream = new Stream({
    url: "ws://test/ws/",
    since: PLACE,
    WebSocket: Socket,
    snapshot: async () => ({ stream: { epoch: "e1", seq: 50 }, orders: [] }),
    random: () => 1,
    surroundings: null,
    ...clock,
    ...options,
  });
  const heard = [];
  stream.on("*", (data, frame) => heard.push(frame.seq));
  if (!quiet) stream.start();
  return { clock, sockets, stream, heard, last: () => sockets.at(-1) };
}

export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A page's surroundings: `happen("online")`, `look()`, `put("pagehide")`. */
export function surroundings() {
  const place = Object.assign(new EventTarget(), {
    navigator: { onLine: true },
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  });
  place.happen = (name, more = {}) => place.dispatchEvent(Object.assign(new Event(name), more));
  return place;
}
