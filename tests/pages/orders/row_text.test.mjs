import assert from "node:assert/strict";
import { test } from "node:test";

import { computeValue, describeDistance, splitNumber } from "../../../orders/static/orders/row_text.js";

const order = (changes) => ({
  status: "new", price: "59000", trigger_price: null, quantity: "0.1", quote_amount: null, cost: "0",
  symbol: "BTC/USDT", ...changes,
});

// test_order_table.py has the same figures
test("a distance has a sign and two decimals", () => {
  assert.equal(describeDistance(order(), "60000"), "−1.67 %");
  assert.equal(describeDistance(order({ price: null, trigger_price: "660000" }), "60000"), "+1,000.00 %");
  assert.equal(describeDistance(order({ price: "60000" }), "60000.001"), "0.00 %");
});

test("there is no distance of what has no price, has ended, or whose market is unknown", () => {
  for (const [changes, last] of [[{ price: null }, "1"], [{ status: "filled" }, "1"], [{}, null], [{}, "0"]]) {
    assert.equal(describeDistance(order(changes), last), "");
  }
});

test("a value is cut and never rounded up", () => {
  assert.equal(computeValue(order({ price: "0.333333333", quantity: "0.1" })), "0.03333333");
  assert.equal(computeValue(order({ price: "999.999", quantity: "1" })), "999.99");
  assert.equal(computeValue(order({ status: "canceled", cost: "12.5" })), "12.5");
  assert.equal(computeValue(order({ symbol: "BTC/USD:BTC" })), null);
  assert.equal(computeValue(order({ quote_amount: "640.5", quantity: "0", price: null })), "640.5");
  assert.equal(computeValue(order({ quantity: "0" })), null);
});

test("a number without decimals has no point", () => {
  assert.equal(splitNumber("1234", 0).join(""), "1,234");
  assert.equal(splitNumber("1234.50", 0).join(""), "1,234.5");
  assert.equal(splitNumber("1234", 2).join(""), "1,234.00");
});
