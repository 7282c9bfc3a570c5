import assert from "node:assert/strict";
import { test } from "node:test";

import { summariseDay } from "../../../config/static/fillwatch/price_chart.js";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-30T12:00:00Z");
const candle = (hoursAgo, open, low, high) => ({
  at: new Date(NOW - hoursAgo * HOUR).toISOString(),
  open,
  low,
  high,
});

test("a day is summed up from the candles of its 24 hours", () => {
  const day = summariseDay([candle(25, "9", "1", "99"), candle(24, "10", "8", "12"), candle(1, "11", "9", "13")], NOW);
  assert.deepEqual([day.first, day.low, day.high], ["10", "8", "13"]);
});

test("candles that do not reach back a day say nothing of it", () => {
  assert.equal(summariseDay([candle(23, "10", "8", "12")], NOW), null);
  assert.equal(summariseDay([], NOW), null);
});
