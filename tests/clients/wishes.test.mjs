// What a page wants of its stream: tokens, markets, an end, and the right person.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FALLBACK, SILENT } from "../../realtime/static/realtime/client.js";
import { buildSocketUrl, parseDoor, buildSnapshotUrl } from "../../realtime/static/realtime/addresses.js";
import { PLACE, settled, surroundings, world } from "./paper.mjs";

const BTC = "binance.spot:BTC/USDT";
const ETH = "binance.spot:ETH/USDT";
const price = (instrument, last) => ({ instrument, last, simulated: false, stale: false });
const watches = (socket) => socket.sent.filter(({ type }) => type === "watch").map(({ data }) => data);

// Markets

test("several callers' wishes are one to the server", async () => {
  const { stream, last } = world();
  last().live();
  const end = stream.watch([BTC], { intervalMs: 1000 });
  stream.watch([ETH, BTC], { topics: ["books"], intervalMs: 250 });
  await settled();
  assert.deepEqual(watches(last()), [
    { instruments: [BTC, ETH], topics: ["books", "prices"], interval_ms: 250 },
  ]);
  end();
  await settled();
  assert.deepEqual(watches(last()).at(-1), { instruments: [BTC, ETH], topics: ["books"], interval_ms: 250 });
});

test("what changes nothing is not said, and the last wish's end is", async () => {
  const { stream, last } = world();
  last().live();
  const ends = [stream.watch([BTC]), stream.watch([BTC])];
  await settled();
  ends[0]();
  await settled();
  assert.equal(watches(last()).length, 1);
  ends[1]();
  ends[1]();
  await settled();
  assert.deepEqual(watches(last()).at(-1), { instruments: [] });
});

test("a wish is said again on every new socket, and only once it is welcome", async () => {
  const { clock, stream, last } = world();
  stream.watch([BTC]);
  await settled();
  assert.deepEqual(watches(last()), []);
  last().live();
  last().end(1006);
  clock.pass(500);
  assert.deepEqual(watches(last()), []);
  last().live();
  assert.deepEqual(watches(last())[0].instruments, [BTC]);
});

test("the newest of each instrument is kept as long as it is watched", () => {
  const { stream, last } = world();
  const heard = [];
  stream.on("price_update", ({ last: at }) => heard.push(at));
  const end = stream.watch([BTC]);
  last().live();
  last().say("price_update", price(BTC, "1"));
  last().say("price_update", price(BTC, "2"));
  assert.equal(stream.newest("price_update", BTC).last, "2");
  assert.equal(stream.newest("book_update", BTC), null);
  assert.deepEqual(heard, ["1", "2"]);
  end();
  assert.equal(stream.newest("price_update", BTC), null);
});

test("more instruments than a socket may watch are refused where they are asked for", () => {
  const { stream, last } = world();
  last().say("hello", { limits: { instruments: 2 } });
  stream.watch([BTC]);
  assert.throws(() => stream.watch([ETH, "binance.spot:SOL/USDT"]), RangeError);
  stream.watch([ETH]);
});

test("behind the market door nobody needs to sign in, and nothing is subscribed to", async () => {
  const { stream, last, clock } = world({ url: "ws://test/ws/market/", since: undefined });
  stream.watch([BTC]);
  last().say("hello", { authenticated: "no" });
  assert.equal(stream.state.name, "live");
  assert.deepEqual(last().sent.map(({ type }) => type), ["watch"]);
  last().end(1006);
  clock.pass(10 * FALLBACK);
  await settled();
  assert.equal(stream.position, null);
});

// Who is there

test("who is not signed in hears so at once", () => {
  const { stream, last, sockets, clock } = world();
  last().say("hello", { authenticated: "no" });
  assert.deepEqual([stream.state.name, stream.state.signedOut], ["stopped", true]);
  clock.pass(FALLBACK * 10);
  assert.equal(sockets.length, 1);
  assert.equal(clock.waiting.size, 0);
});

test("events of somebody else are never shown", () => {
  const { stream, last, heard } = world({ user: 7 });
  last().say("hello", {});
  last().say("ready", { user: 8, epoch: "e1", seq: 10 });
  last().say("order_update", {}, 11);
  assert.equal(stream.state.words, "Somebody else has signed in");
  assert.deepEqual(heard, []);
  assert.equal(last().closedWith, 1000);
});

test("neither is somebody else's state, nor who comes back as another", async () => {
  const shown = [];
  const other = world({ user: 7, snapshot: async () => ({ user: 8, stream: PLACE }) });
  other.stream.on("snapshot", () => shown.push(1));
  other.last().live();
  assert.equal(other.stream.state.name, "stopped", "user 1 is not user 7");
  const mine = world({ user: 1, snapshot: async () => ({ user: 8, stream: PLACE }) });
  mine.stream.on("snapshot", () => shown.push(1));
  mine.last().live();
  mine.last().say("reset", {});
  await settled();
  assert.deepEqual([mine.stream.state.name, shown], ["stopped", []]);
});

test("a changed password is looked into once: the session may be a new one", () => {
  const { clock, stream, last, sockets } = world();
  last().live();
  last().end(4101);
  assert.equal(stream.state.name, "waiting");
  clock.pass(500);
  last().live();
  last().end(4101);
  assert.equal(stream.state.name, "waiting", "once for each time that it was live");
  clock.pass(500);
  last().end(4101);
  assert.deepEqual([stream.state.signedOut, sockets.length], [true, 3]);
});

test("a token that cannot be had is asked for again later; none at all is the end", async () => {
  const answers = ["away", "second", "away", null];
  const token = async () => {
    const answer = answers.shift();
    if (answer === "away") throw new Error(answer);
    return answer;
  };
  const { clock, stream, last, sockets } = world({ token });
  await settled();
  assert.deepEqual([sockets.length, stream.state.name], [0, "waiting"]);
  clock.pass(500);
  await settled();
  last().say("ready", { user: 1 });
  last().say("live", PLACE);
  last().say("auth_expiring", { expires_in: 60 });
  await settled();
  assert.equal(stream.state.name, "live");
  clock.pass(1000);
  await settled();
  assert.deepEqual([stream.state.name, stream.state.signedOut], ["stopped", true]);
  assert.equal(clock.waiting.size, 0);
});

test("a token that comes too late opens no socket, and one that never comes is given up", async () => {
  const given = [];
  const { clock, stream, sockets } = world({ token: () => new Promise((resolve) => given.push(resolve)) });
  clock.pass(SILENT + 500);
  assert.equal(given.length, 2);
  given[0]("of the first attempt");
  await settled();
  assert.equal(sockets.length, 0);
  stream.stop();
  given[1]("of the second");
  await settled();
  assert.deepEqual([sockets.length, clock.waiting.size], [0, 0]);
});

test("a refused token is replaced before the old one ends", async () => {
  let count = 0;
  const { clock, last } = world({ token: () => `token-${++count}` });
  await settled();
  last().say("ready", { user: 1 });
  last().say("live", PLACE);
  last().say("error", { code: "bad_token", message: "", retry_after: null });
  clock.pass(1000);
  await settled();
  assert.equal(last().sent.at(-1).data.token, "token-2");
});

// Ends

test("an abort stops it, and a handler's abort only that handler", () => {
  const all = new AbortController();
  const one = new AbortController();
  const { clock, stream, last, heard } = world({ signal: all.signal });
  const mine = [];
  stream.on("order_update", (data, { seq }) => mine.push(seq), { signal: one.signal });
  last().live();
  last().say("order_update", {}, 11);
  one.abort();
  last().say("order_update", {}, 12);
  assert.deepEqual([mine, heard], [[11], [11, 12]]);
  all.abort();
  assert.equal(stream.state.name, "stopped");
  assert.equal(clock.waiting.size, 0);
});

test("what was stopped goes on from where it was", () => {
  const { stream, last, sockets } = world();
  last().live();
  last().say("order_update", {}, 11);
  stream.stop();
  stream.start();
  last().live(11);
  assert.equal(sockets.length, 2);
  assert.equal(last().sent[0].data.since.seq, 11);
});

test("words that are not of the protocol end a socket, and nothing after them counts", () => {
  const { clock, stream, last, sockets, heard } = world();
  last().live();
  last().onmessage({ data: "<html>" });
  last().say("order_update", {}, 11);
  assert.deepEqual([stream.state.name, heard], ["waiting", []]);
  clock.pass(500);
  assert.equal(sockets.length, 2);
});

test("frames that were too many are said again when the server hears them", () => {
  const { clock, stream, last } = world();
  stream.watch([BTC]);
  last().say("hello", {});
  last().say("ready", { user: 1 });
  last().say("error", { code: "rate_limited", message: "", retry_after: 3000 });
  last().sent.length = 0;
  clock.pass(3000);
  assert.deepEqual(last().sent.map(({ type }) => type).sort(), ["subscribe", "watch"]);
});

test("a page that is put away leaves its socket, and takes another when it is back", () => {
  const place = surroundings();
  const { clock, last, sockets, stream } = world({ surroundings: place });
  last().live();
  last().say("order_update", {}, 11);
  place.happen("pagehide", { persisted: true });
  assert.equal(last().closedWith, 1000);
  clock.pass(10 * SILENT);
  assert.equal(sockets.length, 1);
  place.happen("pageshow", { persisted: true });
  last().live(11);
  assert.equal(last().sent[0].data.since.seq, 11);
  stream.stop();
  place.happen("pageshow", { persisted: true });
  assert.equal(sockets.length, 2);
});

test("the times are the server's own", () => {
  const { clock, stream, last } = world();
  last().say("hello", { heartbeat_seconds: 5, silence_seconds: 12 });
  last().say("ready", { user: 1 });
  last().say("live", PLACE);
  clock.pass(8_000);
  assert.equal(stream.state.name, "delayed");
  clock.pass(4_000);
  assert.equal(stream.state.name, "waiting");
});

test("every pause is somewhere between nothing and the longest", () => {
  const chances = [0, 0.25, 0.5, 0.999];
  const { clock, stream, last } = world({ random: () => chances.shift() ?? 1 });
  const pauses = [];
  for (let times = 0; times < 4; times++) {
    last().end(1006);
    pauses.push(stream.state.retryAt - clock.time);
    clock.pass(pauses.at(-1));
  }
  assert.deepEqual(pauses, [0, 250, 1000, 3996]);
});

test("without a snapshot it goes on from now", () => {
  const { last, stream } = world({ since: undefined, snapshot: null });
  last().say("ready", { user: 1, epoch: "e1", seq: 33 });
  assert.deepEqual(last().sent[0].data, { since: { epoch: "e1", seq: 33 } });
  last().say("reset", { reason: "pruned", epoch: "e2", seq: 5 });
  assert.deepEqual(stream.position, { epoch: "e2", seq: 5 });
});

test("a snapshot that is newer than `live` is not taken back", async () => {
  const { clock, last, stream, heard } = world();
  last().live();
  last().end(1006);
  clock.pass(FALLBACK);
  await settled();
  assert.equal(stream.position.seq, 50);
  last().live(48);
  for (const seq of [49, 50, 51]) last().say("order_update", {}, seq);
  assert.deepEqual(heard, [51]);
});

test("a door with fewer topics has numbers missing by right", () => {
  const { last, heard } = world({ url: "ws://test/ws/trading/" });
  last().live();
  last().say("order_update", {}, 15);
  last().say("ping", { seq: 18 });
  assert.deepEqual(heard, [15]);
  assert.deepEqual(last().sent.map(({ type }) => type), ["subscribe", "pong"]);
});

test("of two snapshots the one that was asked for last counts, and none while it is live", async () => {
  const given = [];
  const { clock, last, stream } = world({ snapshot: () => new Promise((give) => given.push(give)) });
  const shown = [];
  stream.on("snapshot", ({ stream: place }) => shown.push(place.seq));
  last().live();
  last().end(1006);
  clock.pass(FALLBACK); // the first is asked for, and the second by the reset
  last().say("ready", { user: 1 });
  last().say("reset", { epoch: "e2", seq: 5 });
  given[1]({ stream: { epoch: "e2", seq: 5 } });
  await settled();
  given[0]({ stream: { epoch: "e1", seq: 60 } });
  await settled();
  assert.deepEqual([shown, stream.position], [[5], { epoch: "e2", seq: 5 }]);
  last().end(1006);
  clock.pass(FALLBACK);
  last().live(6, "e2");
  given[2]({ stream: { epoch: "e2", seq: 9 } });
  await settled();
  assert.deepEqual([shown, stream.position.seq], [[5], 6]);
  clock.pass(FALLBACK + 1);
  assert.equal(given.length, 3, "who is live reads no state");
});

test("a press on the button begins anew with short pauses", () => {
  const { clock, stream, last, sockets } = world();
  for (let times = 0; times < 4; times++) {
    last().end(1006);
    clock.pass(stream.state.retryAt - clock.time);
  }
  last().end(1006);
  stream.reconnect();
  assert.equal(sockets.length, 6);
  last().end(1006);
  assert.equal(stream.state.retryAt - clock.time, 500);
  const place = surroundings();
  const shown = world({ surroundings: place });
  shown.last().live();
  place.happen("pageshow", { persisted: false });
  assert.equal(shown.sockets.length, 1, "a page that is shown at first has its socket");
});

test("it says how it is", () => {
  const { last, stream } = world({ user: 1 });
  last().live();
  last().say("order_update", {}, 11);
  last().say("order_update", {}, 11);
  const status = stream.status();
  assert.equal(status.state.name, "live");
  assert.deepEqual([status.events, status.repeats, status.gaps, status.connects], [1, 1, 0, 1]);
  assert.deepEqual([status.door, status.url, status.shared], ["all", "ws://test/ws/", false]);
});

// Addresses

test("doors and what stands beside them", () => {
  assert.equal(buildSocketUrl({ url: "https://x.org/ws/" }), "wss://x.org/ws/");
  assert.equal(parseDoor("wss://x.org/ws/trading/"), "trading");
  assert.equal(parseDoor("wss://x.org/sub/ws/"), "all");
  assert.equal(buildSnapshotUrl("wss://x.org/sub/ws/trading/"), "https://x.org/sub/api/v1/snapshot/");
  assert.equal(buildSnapshotUrl("ws://x.org:81/ws/"), "http://x.org:81/api/v1/snapshot/");
});
