/**
 * A price chart: quiet candles, and what is ours loud. Lines are our open orders and levels, marks are
 * our fills. Drawn by lightweight-charts, whose numbers are floats: nothing is computed from them.
 */

import { formatClock, formatDay, formatMinutes, formatMoment } from "./time.js";

const TOKENS = ["raised", "text", "muted", "line", "buy", "sell", "accent", "bad", "warn"];
const DASHED = 2; // the library's LineStyle
const DAY = 86_400;
const toSeconds = (time) => Math.floor(Date.parse(time) / 1000);

/** Loads the library and draws an empty chart into the element. */
export async function createPriceChart(element, { library, places, seconds, now }) {
  const charts = await import(library);
  return new PriceChart(charts, element, { places, seconds, now });
}

/** The page's colours as the browser computes them for its theme. */
function readColours(element) {
  const probe = element.appendChild(document.createElement("i"));
  const colours = TOKENS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours);
}

class PriceChart {
  #charts;
  #chart;
  #series;
  #marks;
  #colours;
  #seconds;
  #newest = null;
  #lines = new Map();

  constructor(charts, element, { places, seconds, now }) {
    this.#charts = charts;
    this.#seconds = seconds;
    this.#colours = readColours(element);
    this.#chart = charts.createChart(element, { autoSize: true, ...this.#options(now) });
    this.#series = this.#chart.addSeries(charts.CandlestickSeries, {
      ...this.#candleColours(),
      priceFormat: { type: "price", precision: places, minMove: 10 ** -places },
    });
    this.#marks = charts.createSeriesMarkers(this.#series, []);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#colours = readColours(element);
      this.#chart.applyOptions(this.#options(now));
      this.#series.applyOptions(this.#candleColours());
    });
  }

  setCandles(candles) {
    const bars = candles.map((candle) => ({
      time: toSeconds(candle.at),
      open: Number(candle.open),
      high: Number(candle.high),
      low: Number(candle.low),
      close: Number(candle.close),
    }));
    this.#series.setData(bars);
    this.#newest = bars.at(-1) ?? null;
  }

  /** Draws a price that was just told into the newest candle, or begins the next one. */
  addPrice(text, at) {
    const price = Number(text);
    const time = Math.floor(toSeconds(at) / this.#seconds) * this.#seconds;
    if (this.#newest && time < this.#newest.time) return;
    const { time: before, open, high, low } = this.#newest ?? {};
    this.#newest =
      time === before
        ? { time, open, high: Math.max(high, price), low: Math.min(low, price), close: price }
        : { time, open: price, high: price, low: price, close: price };
    this.#series.update(this.#newest);
  }

  /** Shows exactly these lines: each has an id, a price, a title, and the name of its colour. */
  setLines(lines) {
    const wanted = new Map(lines.map((line) => [line.id, line]));
    for (const [id, line] of this.#lines) {
      if (!wanted.has(id)) {
        this.#series.removePriceLine(line);
        this.#lines.delete(id);
      }
    }
    for (const [id, { price, title, colour, isDashed }] of wanted) {
      const options = {
        price: Number(price),
        title,
        color: this.#colours[colour],
        lineWidth: 1,
        lineStyle: isDashed ? DASHED : 0,
        axisLabelVisible: true,
      };
      if (this.#lines.has(id)) this.#lines.get(id).applyOptions(options);
      else this.#lines.set(id, this.#series.createPriceLine(options));
    }
  }

  /** Marks fills: buys below their candle, sells above, the larger the more was filled. */
  setFills(fills) {
    const largest = Math.max(...fills.map((fill) => Number(fill.quantity)), 0);
    const marks = fills.map((fill) => ({
      time: Math.floor(toSeconds(fill.executed_at) / this.#seconds) * this.#seconds,
      position: fill.side === "buy" ? "belowBar" : "aboveBar",
      shape: fill.side === "buy" ? "arrowUp" : "arrowDown",
      color: this.#colours[fill.side],
      size: 0.7 + 1.3 * Math.sqrt(Number(fill.quantity) / largest),
      text: "",
    }));
    this.#marks.setMarkers(marks.sort((one, other) => one.time - other.time));
  }

  #candleColours() {
    const { buy, sell, muted } = this.#colours;
    return {
      upColor: "transparent",
      downColor: muted,
      borderUpColor: muted,
      borderDownColor: muted,
      wickUpColor: muted,
      wickDownColor: muted,
      priceLineColor: buy === sell ? muted : this.#colours.accent,
    };
  }

  #options(now) {
    const { raised, text, line, muted } = this.#colours;
    const isDaily = this.#seconds >= DAY;
    const formatTime = (seconds) => (isDaily ? formatDay(seconds * 1000) : formatMoment(seconds * 1000, now()));
    return {
      layout: { background: { color: raised }, textColor: text, attributionLogo: false },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: { mode: 0, vertLine: { color: muted }, horzLine: { color: muted } },
      rightPriceScale: { borderColor: line },
      localization: { timeFormatter: formatTime },
      timeScale: {
        borderColor: line,
        timeVisible: !isDaily,
        secondsVisible: false,
        rightOffset: 4,
        tickMarkFormatter: (seconds, kind) => (kind <= 2 ? formatDay(seconds * 1000) : formatMinutes(seconds * 1000)),
      },
    };
  }
}

/** The first price, the lowest, the highest and the last of the newest 24 hours; null if they begin later. */
export function summariseDay(candles, now) {
  const start = now - DAY * 1000;
  if (!candles.length || Date.parse(candles[0].at) > start) return null;
  const day = candles.filter((candle) => Date.parse(candle.at) >= start);
  if (!day.length) return null;
  return {
    first: day[0].open,
    low: String(Math.min(...day.map((candle) => Number(candle.low)))),
    high: String(Math.max(...day.map((candle) => Number(candle.high)))),
    since: formatClock(day[0].at),
  };
}
