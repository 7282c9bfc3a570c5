// Prices are compared by their digits, and an old price says how old it is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { comparePrices, computeSpread, describePriceAge } from "../../../orders/static/orders/market_prices.js";

const AT = "2026-11-21T12:00:00.000000Z";
const after = (seconds) => Date.parse(AT) + seconds * 1000;

test("which way a price went, to the last digit", () => {
  assert.equal(comparePrices("9.9", "10"), "up");
  assert.equal(comparePrices("0.100000000000000002", "0.100000000000000001"), "down");
  assert.equal(comparePrices("1.50", "1.5"), "");
});

test("the spread is exact", () => {
  assert.equal(computeSpread("60000.25", "60001"), "0.75");
  assert.equal(computeSpread("0.1", "0.3"), "0.2");
  assert.equal(computeSpread("1", "3"), "2");
  assert.equal(computeSpread("3.5", "3"), "-0.5");
  assert.equal(computeSpread("0.000000000000000001", "0.000000000000000003"), "0.000000000000000002");
  assert.equal(computeSpread(null, "3"), null);
  assert.equal(computeSpread("3", null), null);
});

test("how long ago it changed", () => {
  assert.equal(describePriceAge(AT, after(1), false), "now");
  assert.equal(describePriceAge(AT, after(-5), false), "now"); // clocks differ
  assert.equal(describePriceAge(AT, after(59), false), "59 s ago");
  assert.equal(describePriceAge(AT, after(125), false), "2 min 05 s ago");
  assert.equal(describePriceAge(AT, after(3720), false), "1 h 02 min ago");
});

test("what is stale says how old it is", () => {
  assert.equal(describePriceAge(AT, after(34), true), "stale, 34 s old");
});
