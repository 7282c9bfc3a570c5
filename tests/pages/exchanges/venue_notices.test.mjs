// The line about a venue that is left alone: what it says, and when it goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatClock } from "../../../config/static/fillwatch/time.js";
import { VenueNotices, describeVenue } from "../../../exchanges/static/exchanges/venue_notices.js";

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
  const line = describeVenue(FROZEN, UNTIL - 1000);
  assert.match(line, new RegExp(`^Binance spot asks everybody to wait until ${formatClock(UNTIL)}\\.`));
  assert.equal(describeVenue(FROZEN, UNTIL), "");
});

test("paper money is named as such", () => {
  assert.match(describeVenue({ ...FROZEN, simulated: true }, UNTIL - 1), /^Binance spot \(sim\) asks/);
});

test("a venue that rests stays on the page until it answers", () => {
  const resting = { ...FROZEN, state: "resting" };
  assert.match(describeVenue(resting, UNTIL - 1), /does not answer; it is tried again at/);
  assert.match(describeVenue(resting, UNTIL + 1), /is being tried again/);
  assert.match(describeVenue({ ...resting, until: null }, 0), /is being tried again/);
});

test("an open venue says nothing", () => {
  assert.equal(describeVenue({ ...FROZEN, state: "open", until: null }, 0), "");
});

class Container {
  lines = [];
  replaceChildren(...children) {
    this.lines = children.map((child) => child.textContent);
  }
}

test("each venue has one line; the newest word about it counts", () => {
  globalThis.document = { createElement: () => ({ setAttribute() {} }) };
  let time = UNTIL - 5000;
  const container = new Container();
  const notices = new VenueNotices(container, { now: () => time });
  notices.replaceStates([FROZEN]);
  notices.updateState({ ...FROZEN, venue: "okx", label: "OKX" });
  notices.updateState({ ...FROZEN, until: "2026-11-21T12:40:00.000000Z" });
  assert.equal(container.lines.length, 2);
  time = UNTIL;
  notices.paint();
  assert.equal(container.lines.length, 1, "one is over, the other was prolonged");
  notices.updateState({ ...FROZEN, state: "open", until: null });
  assert.deepEqual(container.lines, []);
});
