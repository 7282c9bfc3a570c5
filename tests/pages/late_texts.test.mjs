// What is late is said in the language of the page, though the server sends it in English.

import assert from "node:assert/strict";
import { test } from "node:test";

const TEXTS = {
  "Live, but %(delay)s since %(count)s s": "Live, aber %(delay)s seit %(count)s s",
  "%(market)s is not followed": "%(market)s wird nicht verfolgt",
  "orders are not checked": "Orders werden nicht geprüft",
  simulated: "simuliert",
};
const texts = { textContent: JSON.stringify(TEXTS) };
globalThis.document = { body: { dataset: {} }, documentElement: { dataset: {} }, getElementById: () => texts };
const { describeState } = await import("../../config/static/fillwatch/connection_state.js");

const describe = (words) => describeState({ name: "late", delays: [{ words, since: 0 }] }, 40_000);

test("a venue that is not followed", () => {
  const words = "Binance spot (simulated) is not followed";
  assert.equal(describe(words), "Live, aber Binance spot (simuliert) wird nicht verfolgt seit 40 s");
});

test("orders that nobody checks", () => {
  assert.equal(describe("orders are not checked"), "Live, aber Orders werden nicht geprüft seit 40 s");
});

test("what a newer server says stays as it is", () => {
  assert.equal(describe("something new"), "Live, aber something new seit 40 s");
});
