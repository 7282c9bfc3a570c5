// The line about a venue that is left alone: what it says, and when it goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock } from "../../../config/static/fillwatch/time.js";
import { Waiting, words } from "../../../exchanges/static/exchanges/venue_notices.js";

const UNTIL = Date.parse("2026-11-21T12:34:56Z");
const FROZEN = {
  venue: "binance",
  label: "Binance",
  market: "spot",
  simulated: false,
  state: "frozen",
  until: "2026-11-21T12:34:56.000000Z",
  words: "Way too much",
};

test("a wait names the venue and its end, and then goes", () => {
  const line = words(FROZEN, UNTIL - 1000);
  assert.match(line, new RegExp(`^Binance spot asks everybody to wait until ${clock(UNTIL)}\\.`));
  assert.equal(words(FROZEN, UNTIL), "");
});

test("paper money is named as such", () => {
  assert.match(words({ ...FROZEN, simulated: true }, UNTIL - 1), /^Binance spot \(sim\) asks/);
});

test("a venue that rests stays on the page until it answers", () => {
  const resting = { ...FROZEN, state: "resting" };
  assert.match(words(resting, UNTIL - 1), /does not answer; it is tried again at/);
  assert.match(words(resting, UNTIL + 1), /is being tried again/);
  assert.match(words({ ...resting, until: null }, 0), /is being tried again/);
});

test("an open venue says nothing", () => {
  assert.equal(words({ ...FROZEN, state: "open", until: null }, 0), "");
});

class Place {
  lines = [];
  replaceChildren(...children) {
    this.lines = children.map((child) => child.textContent);
  }
}

test("each venue has one line; the newest word about it counts", () => {
  globalThis.document = { createElement: () => ({ setAttribute() {} }) };
  let time = UNTIL - 5000;
  const place = new Place();
  const waiting = new Waiting(place, { now: () => time });
  waiting.replace([FROZEN]);
  waiting.take({ ...FROZEN, venue: "okx", label: "OKX" });
  waiting.take({ ...FROZEN, until: "2026-11-21T12:40:00.000000Z" });
  assert.equal(place.lines.length, 2);
  time = UNTIL;
  waiting.paint();
  assert.equal(place.lines.length, 1, "one is over, the other was prolonged");
  waiting.take({ ...FROZEN, state: "open", until: null });
  assert.deepEqual(place.lines, []);
});
