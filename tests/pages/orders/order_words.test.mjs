// The order on the button that places it, exact to the last digit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countUnits } from "../../../orders/static/orders/row_text.js";
import { describeExits, describeForm } from "../../../orders/static/orders/order_words.js";

const ORDER = { side: "buy", symbol: "btc/usdt", type: "limit", quantity: "0.01", price: "42150" };

test("says what is bought or sold, and its value", () => {
  assert.equal(describeForm(ORDER), "Buy 0.01 BTC for 421.50 USDT");
  const sum = { ...ORDER, type: "market", quantity: "", price: undefined, quote_amount: "640.5" };
  assert.equal(describeForm(sum), "Buy BTC for 640.50 USDT");
  assert.equal(describeForm({ ...ORDER, side: "sell", price: "1234567.89" }), "Sell 0.01 BTC for 12,345.6789 USDT");
  assert.equal(describeForm({ ...ORDER, type: "market", price: undefined }), "Buy 0.01 BTC at market");
});

test("says the trigger price, or how far behind the price", () => {
  const stop = { ...ORDER, side: "sell", type: "stop_loss", trigger_price: "41000", price: "" };
  assert.equal(describeForm(stop), "Sell 0.01 BTC at market from 41,000.00 on");
  assert.equal(describeForm({ ...stop, price: "40900" }), "Sell 0.01 BTC for 409.00 USDT from 41,000.00 on");
  assert.equal(describeForm({ ...stop, trigger_price: "" }), "Place order");
  const trailing = { ...ORDER, side: "sell", type: "trailing_stop", price: undefined, trailing_percent: "1.5" };
  assert.equal(describeForm(trailing), "Sell 0.01 BTC 1.5 % behind the price");
  assert.equal(describeForm({ ...ORDER, symbol: "BTC/USDT:USDT" }), "Buy 0.01 BTC for 421.50 USDT");
});

test("no number becomes a float", () => {
  assert.equal(describeForm({ ...ORDER, quantity: "0.1", price: "0.2" }), "Buy 0.1 BTC for 0.02 USDT");
  const order = { ...ORDER, quantity: "99999999999999999999", price: "3" };
  assert.equal(describeForm(order), "Buy 99999999999999999999 BTC for 299,999,999,999,999,999,997.00 USDT");
  assert.equal(countUnits("0.000000000000000001"), 1n);
});

test("an unfinished form only says Place order", () => {
  for (const changes of [{ quantity: "" }, { quantity: "1e3" }, { price: "-1" }, { symbol: "BTC" }]) {
    assert.equal(describeForm({ ...ORDER, ...changes }), "Place order");
  }
});

test("says both exits at once", () => {
  const oco = { side: "sell", symbol: "btc/usdt", quantity: "0.02", take_profit: "71000", stop_loss: "59000" };
  assert.equal(describeExits(oco), "Sell 0.02 BTC from 71,000.00 or 59,000.00 on");
  assert.equal(describeExits({ ...oco, stop_loss: "" }), "Place both exits");
});
