// The browser's client against a socket and a clock made of paper. Run by test_node.py, or:
// node --test tests/clients/

import assert from "node:assert/strict";
import { test } from "node:test";

import { FALLBACK, LATE, SILENT } from "../../realtime/static/realtime/client.js";
import { PLACE, settled, world } from "./paper.mjs";

test("subscribes from the position of the page", () => {
  const { last, stream } = world();
  last().live();
  assert.deepEqual(last().sent, [{ type: "subscribe", data: { since: PLACE } }]);
  assert.equal(stream.state.name, "live");
});

test("hears each event once and in order", () => {
  const { last, heard } = world();
  last().live();
  for (const seq of [11, 12, 12, 11, 13]) last().say("order_update", {}, seq);
  assert.deepEqual(heard, [11, 12, 13]);
});

test("a gap is asked for again, once, and nothing is shown out of order", () => {
  const { last, heard } = world();
  last().live();
  last().say("order_update", {}, 11);
  last().say("order_update", {}, 13);
  last().say("order_update", {}, 14);
  assert.deepEqual(heard, [11]);
  assert.equal(last().sent.length, 2);
  assert.deepEqual(last().sent[1].data.since, { epoch: "e1", seq: 11 });
  for (const seq of [12, 13, 14]) last().say("order_update", {}, seq);
  last().say("live", { epoch: "e1", seq: 14 });
  assert.deepEqual(heard, [11, 12, 13, 14]);
});

test("with chosen topics missing numbers are other topics'", () => {
  const { last, heard } = world({ topics: ["orders"] });
  last().live();
  last().say("order_update", {}, 15);
  assert.deepEqual(heard, [15]);
  assert.deepEqual(last().sent[0].data.topics, ["orders"]);
});

test("a handler that ended hears nothing, and a bad one costs nobody else the event", (t) => {
  const { last, stream } = world();
  t.mock.method(console, "error", () => {});
  const heard = [];
  const off = stream.on("order_update", () => heard.push("first"));
  stream.on("order_update", () => {
    throw new Error("a mistake");
  });
  stream.on("order_update", () => heard.push("second"));
  last().live();
  last().say("order_update", {}, 11);
  off();
  last().say("order_update", {}, 12);
  assert.deepEqual(heard, ["first", "second", "second"]);
});

test("answers a ping with its own position", () => {
  const { last } = world();
  last().live();
  last().say("order_update", {}, 11);
  last().say("ping", { seq: 11 });
  assert.deepEqual(last().sent.at(-1), { type: "pong", data: { seq: 11 } });
});

test("a ping that knows more than we heard makes us ask again", () => {
  const { last } = world();
  last().live();
  last().say("ping", { seq: 12 });
  assert.deepEqual(last().sent.at(-2).data, { since: PLACE });

  const chosen = world({ topics: ["orders"] });
  chosen.last().live();
  chosen.last().say("ping", { seq: 12 });
  assert.deepEqual(chosen.last().sent.at(-1).data, { seq: 12 });
});

test("comes back from where it was, later and later, and at once after success", () => {
  const { clock, sockets, stream, last } = world();
  last().live();
  last().say("order_update", {}, 11);
  const delays = [];
  for (let times = 0; times < 9; times++) {
    last().end(1006);
    assert.equal(stream.state.name, "waiting");
    delays.push(stream.state.retryAt - clock.time);
    clock.pass(delays.at(-1));
  }
  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(sockets.length, 10);
  last().live(11);
  assert.deepEqual(last().sent[0].data.since, { epoch: "e1", seq: 11 });
  last().end(1006);
  assert.equal(stream.state.retryAt - clock.time, 500);
});

test("silence is late, then over", () => {
  const { clock, sockets, stream, last } = world();
  last().live();
  clock.pass(LATE);
  assert.equal(stream.state.name, "delayed");
  last().say("ping", { seq: 10 });
  assert.equal(stream.state.name, "live");
  clock.pass(SILENT);
  assert.equal(sockets[0].closedWith, 4002);
  assert.equal(stream.state.name, "waiting");
});

test("what a left socket says belongs to nobody", () => {
  const { clock, sockets, heard, last } = world();
  last().live();
  clock.pass(SILENT + 1000);
  sockets[0].say("order_update", {}, 11);
  assert.deepEqual(heard, []);
});

test("a goodbye says how long to wait", () => {
  const { clock, stream, last } = world();
  last().live();
  last().say("bye", { code: 4000, message: "Restarting", delay: 1.234 });
  last().end(4000);
  assert.equal(stream.state.retryAt - clock.time, 1234);
});

test("codes are instructions: drop the position, sign in, or stop", async () => {
  const dropped = world();
  dropped.last().live();
  dropped.last().end(4200);
  dropped.clock.pass(500);
  dropped.last().say("ready", { user: 1 });
  await settled();
  assert.deepEqual(dropped.last().sent[0].data, { since: { epoch: "e1", seq: 50 } });

  for (const [code, signedOut] of [[4100, true], [4102, true], [4503, false], [4504, false]]) {
    const { clock, sockets, stream, last } = world();
    last().live();
    last().end(code);
    assert.equal(stream.state.name, "stopped");
    assert.equal(stream.state.signedOut, signedOut);
    clock.pass(10 * FALLBACK);
    assert.equal(sockets.length, 1);
  }
});

test("a reset shows the snapshot, then goes on from its position", async () => {
  const { stream, last } = world();
  const shown = [];
  stream.on("snapshot", (snapshot) => shown.push(snapshot.stream.seq));
  last().live();
  last().say("reset", {});
  await settled();
  assert.deepEqual(shown, [50]);
  assert.deepEqual(last().sent.at(-1).data.since, { epoch: "e1", seq: 50 });
});

test("a reset that cannot read the snapshot tries again later", async () => {
  const { stream, last } = world({
    snapshot: async () => {
      throw new Error("away");
    },
  });
  last().say("ready", { user: 1 });
  last().say("reset", {});
  await settled();
  assert.equal(stream.state.name, "waiting");
});

test("while it is down the state is still read every minute", async () => {
  const { clock, stream, last } = world();
  const shown = [];
  stream.on("snapshot", (snapshot) => shown.push(snapshot.stream.seq));
  last().live();
  last().end(1006);
  clock.pass(FALLBACK);
  await settled();
  assert.deepEqual(shown, [50]);
  last().live(50);
  clock.pass(SILENT - 1);
  await settled();
  assert.deepEqual(shown, [50]);
});

test("who is live reads no state", () => {
  let asked = 0;
  const { clock, last } = world({ snapshot: async () => asked++ });
  last().live();
  for (let times = 0; times < 3; times++) {
    clock.pass(25_000);
    last().say("ping", { seq: 10 });
  }
  assert.equal(asked, 0);
});

test("an older snapshot never takes back what the stream has told", async () => {
  const { clock, stream, last, heard } = world();
  const shown = [];
  stream.on("snapshot", () => shown.push(1));
  last().end(1006);
  clock.pass(FALLBACK);
  last().say("ready", { user: 1 });
  for (let seq = 11; seq <= 60; seq++) last().say("order_update", {}, seq);
  await settled();
  assert.deepEqual(shown, []);
  assert.equal(heard.at(-1), 60);
});

test("a token goes with the handshake, never in the address, and again when asked", async () => {
  let count = 0;
  const { last } = world({ token: async () => `token-${++count}` });
  await settled();
  assert.deepEqual(last().protocols, ["fillwatch.v1", `bearer.${btoa("token-1").replaceAll("=", "")}`]);
  last().say("hello", { authenticated: "bearer" });
  last().say("ready", { user: 1 });
  last().say("live", PLACE);
  last().say("auth_expiring", { expires_in: 60 });
  await settled();
  last().say("ready", { user: 1 });
  assert.deepEqual(
    last().sent.map((frame) => frame.data.token ?? frame.type),
    ["subscribe", "token-2"],
  );
});

test("a handshake that lost its token is followed by a frame with one", async () => {
  const { last } = world({ token: () => "t" });
  await settled();
  last().say("hello", { authenticated: "no" });
  await settled();
  assert.deepEqual(last().sent, [{ type: "auth", data: { token: "t" } }]);
});

test("with a token, refused credentials are asked for anew", async () => {
  const { stream, last } = world({ token: () => "t" });
  await settled();
  last().end(4100);
  assert.equal(stream.state.name, "waiting");
});

test("a returned network or a looked-at page does not wait", () => {
  const place = Object.assign(new EventTarget(), {
    navigator: { onLine: true },
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  });
  const { sockets, stream, last } = world({ surroundings: place });
  last().live();
  place.navigator.onLine = false;
  place.dispatchEvent(new Event("offline"));
  assert.equal(stream.state.name, "offline");
  place.navigator.onLine = true;
  place.dispatchEvent(new Event("online"));
  assert.equal(sockets.length, 2);
  last().end(1006);
  place.document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(sockets.length, 3);
});

test("stopping leaves no timer and no socket", () => {
  const { clock, stream, last } = world();
  last().live();
  stream.stop();
  assert.equal(clock.waiting.size, 0);
  assert.equal(last().closedWith, 1000);
});
