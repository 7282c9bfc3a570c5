// The order in words on the button that places it, exact to the last digit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { units } from "../../../orders/static/orders/row_text.js";
import { words } from "../../../orders/static/orders/place_order_form.js";

const WISH = { side: "buy", symbol: "btc/usdt", type: "limit", quantity: "0.01", price: "42150" };

test("says what is bought or sold, and for how much", () => {
  assert.equal(words(WISH), "Buy 0.01 BTC for 421.50 USDT");
  assert.equal(words({ ...WISH, side: "sell", price: "1234567.89" }), "Sell 0.01 BTC for 12,345.6789 USDT");
  assert.equal(words({ ...WISH, type: "market", price: undefined }), "Buy 0.01 BTC at market");
});

test("says from where on, or how far behind", () => {
  const stop = { ...WISH, side: "sell", type: "stop_loss", trigger_price: "41000", price: "" };
  assert.equal(words(stop), "Sell 0.01 BTC at market from 41,000.00 on");
  assert.equal(words({ ...stop, price: "40900" }), "Sell 0.01 BTC for 409.00 USDT from 41,000.00 on");
  assert.equal(words({ ...stop, trigger_price: "" }), "Place order");
  const trailing = { ...WISH, side: "sell", type: "trailing_stop", price: undefined, trailing_percent: "1.5" };
  assert.equal(words(trailing), "Sell 0.01 BTC 1.5 % behind the price");
  assert.equal(words({ ...WISH, symbol: "BTC/USDT:USDT" }), "Buy 0.01 BTC for 421.50 USDT");
});

test("no float ever stands between", () => {
  assert.equal(words({ ...WISH, quantity: "0.1", price: "0.2" }), "Buy 0.1 BTC for 0.02 USDT");
  const wish = { ...WISH, quantity: "99999999999999999999", price: "3" };
  assert.equal(words(wish), "Buy 99999999999999999999 BTC for 299,999,999,999,999,999,997.00 USDT");
  assert.equal(units("0.000000000000000001"), 1n);
});

test("says nothing before it can", () => {
  for (const changes of [{ quantity: "" }, { quantity: "1e3" }, { price: "-1" }, { symbol: "BTC" }]) {
    assert.equal(words({ ...WISH, ...changes }), "Place order");
  }
});
