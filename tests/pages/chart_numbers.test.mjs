import assert from "node:assert/strict";
import { test } from "node:test";

import { formatAmount, formatAxis, formatPrice } from "../../config/static/fillwatch/chart_numbers.js";

test("digits are in groups, with the places of the money", () => {
  assert.equal(formatAmount(1234567.5, { unit: "USDT", places: 2 }), "1,234,567.50 USDT");
  assert.equal(formatAmount(-0.00001234, { unit: "BTC", places: 8 }), "−0.00001234 BTC");
  assert.equal(formatAmount(1234.5678, { unit: "ms" }), "1,234.57 ms");
  assert.equal(formatAmount(null, { unit: "USDT", places: 2 }), "–");
});

test("a profit has a sign, nothing has none", () => {
  assert.equal(formatAmount(1000, { unit: "USDT", places: 2, isSigned: true }), "+1,000.00 USDT");
  assert.equal(formatAmount(-1000, { unit: "USDT", places: 2, isSigned: true }), "−1,000.00 USDT");
  assert.equal(formatAmount(0, { unit: "USDT", places: 2, isSigned: true }), "0.00 USDT");
});

test("axes and prices are grouped too", () => {
  assert.equal(formatAxis(-12345.5), "−12,345.5");
  assert.equal(formatPrice(65000, 2), "65,000.00");
});
