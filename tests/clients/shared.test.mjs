// One socket for several tabs: each tab hears what follows its own position, exactly once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Stream } from "../../realtime/static/realtime/client.js";
import { SharedHost } from "../../realtime/static/realtime/shared_host.js";
import { completeOptions } from "../../realtime/static/realtime/options.js";
import { EventBuffer } from "../../realtime/static/realtime/event_buffer.js";
import { canShareSocket, createSharedSocket } from "../../realtime/static/realtime/shared_socket.js";
import { Clock, PLACE, settled, world } from "./paper.mjs";

const BTC = "binance.spot:BTC/USDT";
const ETH = "binance.spot:ETH/USDT";
const event = (seq) => ({ type: "order_update", data: {}, seq });
const at = (seq, epoch = "e1") => ({ epoch, seq });

// The ring

test("the ring tells exactly what follows a position", () => {
  const buffer = new EventBuffer(3);
  buffer.restart(at(10));
  for (const seq of [11, 12, 13, 14]) buffer.push(event(seq));
  assert.deepEqual(buffer.listAfter(at(12)).map(({ seq }) => seq), [13, 14]);
  assert.deepEqual(buffer.listAfter(at(11)).map(({ seq }) => seq), [12, 13, 14]);
  assert.equal(buffer.listAfter(at(10)), null, "11 is not kept any more");
  assert.equal(buffer.listAfter(at(12, "e2")), null);
  assert.deepEqual(buffer.listAfter(at(20)), [], "a snapshot may know more than we");
  assert.deepEqual(buffer.head, at(14));
});

test("a number that is somebody else's is no gap", () => {
  const buffer = new EventBuffer();
  buffer.restart(at(10));
  buffer.push(event(15));
  buffer.advance(18);
  assert.deepEqual(buffer.listAfter(at(12)).map(({ seq }) => seq), [15]);
  assert.deepEqual(buffer.head, at(18));
});

// Tabs

/** Tabs on a host, which has one paper socket. */
function house({ most } = {}) {
  const clock = new Clock();
  const sockets = [];
  const host = new SharedHost({
    user: 1,
    most,
    ...clock,
    open(since) {
      const made = world({ since, user: 1, snapshot: null, ...clock, quiet: true });
      sockets.push(made);
      return made.stream;
    },
  });
  const ports = [];
  const connect = () => {
    const port = { waiting: [], closed: false, close: () => (port.closed = true) };
    const inTab = (data) => port.closed || port.onmessage({ data });
    const handlers = host.addTab({
      send: (text) => port.waiting.push(text),
      close: (code) => port.waiting.push({ close: code }),
    });
    port.postMessage = (data) => (typeof data === "string" ? handlers.handle(JSON.parse(data)) : handlers.remove());
    port.deliver = () => {
      while (port.waiting.length) inTab(port.waiting.shift());
    };
    ports.push(port);
    return port;
  };
  const tab = (options = {}) => {
    const full = completeOptions({
      url: "ws://test/ws/",
      ...{ user: 1, since: PLACE, snapshot: async () => ({ stream: at(50) }), random: () => 1, surroundings: null },
      ...clock,
      ...options,
    });
    const stream = new Stream({ ...full, WebSocket: createSharedSocket(full, { connect }) });
    const heard = [];
    stream.on("*", (data, frame) => heard.push(frame.seq ?? frame.type));
    stream.start();
    deliver();
    return { stream, heard };
  };
  const deliver = () => {
    while (ports.some(({ waiting }) => waiting.length)) for (const port of ports) port.deliver();
  };
  const say = (...words) => {
    socket().say(...words);
    deliver();
  };
  const socket = () => sockets.at(-1).last();
  const live = (seq = 10, epoch = "e1") => {
    socket().live(seq, epoch);
    deliver();
  };
  const pass = (ms) => {
    for (let gone = 0; gone < ms; gone += 500) {
      clock.pass(500);
      deliver();
    }
  };
  return { clock, host, tab, say, live, socket, sockets, ports, deliver, pass };
}

test("tabs of one user have one socket, and each hears each event once", () => {
  const { tab, live, say, sockets } = house();
  const first = tab();
  live();
  const second = tab();
  for (const seq of [11, 12, 12, 13]) say("order_update", {}, seq);
  assert.deepEqual([first.heard, second.heard], [[11, 12, 13], [11, 12, 13]]);
  assert.deepEqual([first.stream.state.name, second.stream.state.name], ["live", "live"]);
  assert.equal(sockets.length, 1);
  assert.equal(first.stream.status().shared, true);
});

test("who joins behind hears what follows, and who is too far behind reads the state", async () => {
  const { tab, live, say, deliver } = house({ most: 2 });
  tab();
  live();
  for (const seq of [11, 12, 13]) say("order_update", {}, seq);
  assert.deepEqual(tab({ since: at(11) }).heard, [12, 13]);
  const far = tab({ since: at(10), snapshot: async () => ({ stream: at(13) }) });
  await settled();
  deliver();
  say("order_update", {}, 14);
  assert.deepEqual([far.heard, far.stream.state.name], [[14], "live"]);
});

test("a tab whose state is newer than the line's hears nothing twice", () => {
  const { tab, live, say } = house();
  tab();
  live();
  const ahead = tab({ since: at(12) });
  for (const seq of [11, 12, 13]) say("order_update", {}, seq);
  assert.deepEqual(ahead.heard, [13]);
  assert.equal(ahead.stream.status().repeats, 2);
});

test("a gap is mended upstream, once for all", () => {
  const { tab, live, say, socket } = house();
  const tabs = [tab(), tab()];
  live();
  say("order_update", {}, 12);
  assert.equal(socket().sent.filter(({ type }) => type === "subscribe").length, 2);
  for (const seq of [11, 12]) say("order_update", {}, seq);
  say("live", at(12));
  for (const { heard, stream } of tabs) {
    assert.deepEqual(heard, [11, 12]);
    assert.equal(stream.status().gaps, 0);
  }
});

test("a reset reaches every tab, and each reads the state by itself", async () => {
  const { tab, live, say, socket, deliver } = house();
  let snapshots = 0;
  const snapshot = async () => ({ stream: (snapshots++, at(7, "e2")) });
  const tabs = [tab({ snapshot }), tab({ snapshot })];
  live();
  say("reset", { reason: "epoch", ...at(6, "e2") });
  assert.deepEqual(socket().sent.at(-1).data.since, at(6, "e2"));
  await settled();
  deliver();
  say("order_update", {}, 7);
  say("order_update", {}, 8);
  say("live", at(8, "e2"));
  assert.equal(snapshots, 2);
  for (const { heard, stream } of tabs) assert.deepEqual([heard, stream.state.name], [[8], "live"]);
});

test("a lost line is told as it is, and everybody catches up when it is back", () => {
  const { clock, tab, live, say, socket, sockets, deliver } = house();
  const tabs = [tab(), tab({ topics: ["orders"] })];
  live();
  socket().end(1006);
  deliver();
  for (const { stream } of tabs) assert.deepEqual([stream.state.name, stream.state.retryAt], ["waiting", 500]);
  clock.pass(500);
  deliver();
  assert.equal(tabs[0].stream.state.name, "connecting");
  socket().say("hello", {});
  socket().say("ready", { user: 1 });
  say("order_update", {}, 11);
  assert.equal(tabs[0].stream.state.name, "connecting", "not yet");
  say("live", at(11));
  for (const { heard, stream } of tabs) assert.deepEqual([heard, stream.state.name], [[11], "live"]);
  assert.equal(sockets.length, 1);
});

test("a press on the button in a tab hurries the one line", () => {
  const { clock, tab, live, socket, sockets, deliver } = house();
  const { stream } = tab();
  live();
  socket().end(1006);
  deliver();
  const before = clock.time;
  stream.reconnect();
  deliver();
  assert.equal(sockets[0].sockets.length, 2);
  assert.equal(clock.time, before);
});

test("the line that is late is late in every tab, whatever the worker says besides", () => {
  const { tab, live, say, pass } = house();
  const { stream } = tab();
  live();
  pass(21_000);
  say("ping", { seq: 10 });
  pass(28_000);
  assert.equal(stream.state.name, "delayed");
  pass(2_000); // the worker asks the tab whether it is there
  assert.equal(stream.state.name, "delayed");
  say("ping", { seq: 10 });
  assert.equal(stream.state.name, "live");
});

test("the end of a session ends every tab; the next tab begins anew", () => {
  const { tab, live, socket, sockets, deliver, host } = house();
  const tabs = [tab(), tab()];
  live();
  socket().end(4100);
  deliver();
  for (const { stream } of tabs) assert.deepEqual([stream.state.name, stream.state.signedOut], ["stopped", true]);
  assert.equal(host.size, 0);
  tab();
  live();
  assert.equal(sockets.length, 2);
});

test("somebody else's session ends every tab in the same words", () => {
  const { tab, socket, deliver } = house();
  const { stream, heard } = tab();
  socket().say("hello", {});
  socket().say("ready", { user: 2 });
  deliver();
  assert.deepEqual([stream.state.words, heard], ["Somebody else has signed in", []]);
});

test("each tab hears the topics it chose", () => {
  const { tab, live, say } = house();
  const [all, chosen] = [tab(), tab({ topics: ["keys"] })];
  live();
  say("order_update", {}, 11);
  say("key_update", {}, 12);
  say("orders_checked", { orders: [] });
  say("stream_state", { key: 1 });
  assert.deepEqual(all.heard, [11, 12, "orders_checked", "stream_state"]);
  assert.deepEqual(chosen.heard, [12, "stream_state"]);
  assert.equal(chosen.stream.status().gaps, 0);
});

test("a tab that closes disturbs nobody; the last one ends the line a moment later", () => {
  const { clock, tab, live, say, socket, host } = house();
  const [first, second] = [tab(), tab()];
  live();
  first.stream.stop();
  say("order_update", {}, 11);
  assert.deepEqual([first.heard, second.heard], [[], [11]]);
  second.stream.stop();
  assert.equal(socket().readyState, 1, "the next page may come at once");
  clock.pass(5_000);
  assert.equal(socket().readyState, 3);
  assert.deepEqual([host.size, clock.waiting.size], [0, 0]);
});

test("from one page to the next the line is kept", () => {
  const { clock, tab, live, say, sockets } = house();
  const before = tab();
  live();
  before.stream.stop();
  say("order_update", {}, 11);
  clock.pass(1_000);
  const after = tab();
  clock.pass(10_000);
  say("order_update", {}, 12);
  assert.deepEqual(after.heard, [11, 12]);
  assert.equal(sockets.length, 1);
});

test("who wants only what comes from now on begins where the server is", async () => {
  const { tab, say, socket, deliver } = house();
  const first = tab({ since: undefined, snapshot: null });
  const second = tab({ since: at(30) });
  say("hello", {});
  say("ready", { user: 1, ...at(33) });
  await settled();
  deliver();
  assert.deepEqual(socket().sent[0].data.since, at(33));
  say("live", at(33));
  say("order_update", {}, 34);
  assert.deepEqual(first.heard, [34]);
  await settled();
  deliver();
  assert.equal(second.stream.position.seq, 50, "it was before what is kept, and read the state");
});

test("a tab that answers nothing is let go", () => {
  const { clock, tab, live, host, ports, say, deliver } = house();
  const [crashed, well] = [tab(new Clock()), tab()]; // time stands still for who is gone
  live();
  ports[0].deliver = () => ports[0].waiting.splice(0); // nobody is there any more
  for (let times = 0; times < 5; times++) {
    clock.pass(25_000);
    deliver();
    say("ping", { seq: 10 });
  }
  assert.equal(host.size, 1);
  say("order_update", {}, 11);
  assert.deepEqual([well.heard, crashed.heard], [[11], []]);
});

// Markets

test("tabs watch together, and each is told only what it watches", async () => {
  const { tab, live, say, socket, deliver } = house();
  const [first, second] = [tab(), tab()];
  live();
  first.stream.watch([BTC], { intervalMs: 1000 });
  second.stream.watch([ETH], { intervalMs: 200 });
  await settled();
  await settled();
  const wish = socket().sent.filter(({ type }) => type === "watch").at(-1).data;
  assert.deepEqual(wish, { instruments: [BTC, ETH], topics: ["prices"], interval_ms: 200 });
  say("price_update", { instrument: BTC, last: "1" });
  say("price_update", { instrument: ETH, last: "2" });
  say("book_update", { instrument: ETH });
  assert.deepEqual([first.heard, second.heard], [["price_update"], ["price_update"]]);
  const third = tab();
  third.stream.watch([BTC]);
  await settled();
  deliver();
  assert.equal(third.stream.newest("price_update", BTC).last, "1", "at once, from what is known");
});

test("what is unknown is told to who asked for it", async () => {
  const { tab, live, say } = house();
  const [first, second] = [tab(), tab()];
  live();
  const told = [];
  first.stream.on("watching", ({ unknown }) => told.push(["first", unknown]));
  second.stream.on("watching", ({ unknown }) => told.push(["second", unknown]));
  first.stream.watch([BTC]);
  second.stream.watch([ETH]);
  await settled();
  await settled();
  say("watching", { instruments: [BTC], unknown: [ETH], interval_ms: 500 });
  assert.deepEqual(told, [["first", []], ["second", [ETH]]]);
});

test("a tab that leaves takes its wishes with it", async () => {
  const { tab, live, socket, deliver } = house();
  const [first, second] = [tab(), tab()];
  live();
  first.stream.watch([BTC]);
  second.stream.watch([ETH]);
  await settled();
  first.stream.stop();
  await settled();
  deliver();
  const wish = socket().sent.filter(({ type }) => type === "watch").at(-1).data;
  assert.deepEqual(wish.instruments, [ETH]);
});

// Where it cannot be

test("a worker that fails or does not start leaves a plain socket", () => {
  const clock = new Clock();
  const plain = [];
  class WebSocket {
    constructor(url) {
      plain.push(url);
    }
  }
  const port = { postMessage() {}, close() {} };
  for (const connect of [
    (options, failed) => (clock.setTimeout(failed, 10), port),
    () => port,
    () => {
      throw new Error("refused by policy");
    },
  ]) {
    plain.length = 0;
    const full = completeOptions({ url: "ws://test/ws/", user: 1, ...clock, surroundings: null });
    const stream = new Stream({ ...full, since: PLACE, WebSocket: createSharedSocket(full, { connect, WebSocket }) });
    stream.start();
    clock.pass(6_000);
    assert.deepEqual(plain, ["ws://test/ws/"]);
    stream.stop();
  }
});

test("a worker whose lock falls free is dead, and the next one is as good", async () => {
  const clock = new Clock();
  const [ports, asked] = [[], []];
  const locks = {
    request(name, { signal }, granted) {
      asked.push({ name, signal, granted });
      return new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason)));
    },
  };
  const connect = () => {
    const port = { postMessage() {}, close: () => (port.closed = true) };
    ports.push(port);
    return port;
  };
  const full = completeOptions({ url: "ws://test/ws/", user: 1, random: () => 1, ...clock, surroundings: null });
  const stream = new Stream({ ...full, since: PLACE, WebSocket: createSharedSocket(full, { connect, locks }) });
  const greet = (life) => {
    ports.at(-1).onmessage({ data: { life } });
    for (const [type, data] of [["hello", {}], ["ready", { user: 1, ...PLACE }], ["live", PLACE]])
      ports.at(-1).onmessage({ data: JSON.stringify({ type, data }) });
  };
  stream.start();
  greet("first");
  assert.equal(stream.state.name, "live");
  asked[0].granted();
  assert.deepEqual([stream.state.name, ports[0].closed], ["waiting", true]);
  clock.pass(1_000);
  greet("second");
  assert.deepEqual([stream.state.name, stream.status().shared], ["live", true]);
  stream.stop();
  await settled();
  assert.deepEqual(asked.map(({ name, signal }) => [name, signal.aborted]), [["first", true], ["second", true]]);
});

test("only pages that say whose they are share, and nothing with a token does", (t) => {
  const options = { user: 1, url: "ws://here/ws/", door: "all" };
  t.after(() => {
    delete globalThis.location;
    delete globalThis.SharedWorker;
  });
  assert.equal(canShareSocket(options), false, "this browser cannot");
  globalThis.SharedWorker = class {};
  globalThis.location = { host: "here" };
  assert.equal(canShareSocket(options), true);
  assert.equal(canShareSocket({ ...options, shared: false }), false);
  assert.equal(canShareSocket({ ...options, token: () => "t" }), false);
  assert.equal(canShareSocket({ ...options, door: "market" }), false);
  assert.equal(canShareSocket({ ...options, url: "ws://elsewhere/ws/" }), false);
  assert.equal(canShareSocket({ ...options, user: undefined }), false);
  assert.throws(() => canShareSocket({ ...options, user: undefined, shared: true }), TypeError);
});
