/**
 * A price chart: quiet candles, and what is ours loud. Lines are our open orders and levels, marks are
 * our fills. Drawn by lightweight-charts, whose numbers are floats: nothing is computed from them.
 */

import { readColours, watchColours } from "./chart_colours.js";
import { formatPrice } from "./chart_numbers.js";
import { enableLineDrag } from "./line_drag.js";
import { formatClock, formatDay, formatMinutes, formatMoment } from "./time.js";

const DASHED = 2; // the library's LineStyle
const REACH = 2; // heights of the candles within which a line still belongs to the picture
const DAY = 86_400;
const LABEL_PX = 7; // about the width of a letter of a line's title
const MARGIN_PX = 24;
const toSeconds = (time) => Math.floor(Date.parse(time) / 1000);

/** Loads the library and draws an empty chart into the element. */
export async function createPriceChart(element, { library, places, seconds, now }) {
  const charts = await import(library);
  return new PriceChart(charts, element, { places, seconds, now });
}

class PriceChart {
  #charts;
  #chart;
  #series;
  #marks;
  #colours;
  #seconds;
  #places;
  #newest = null;
  #room = MARGIN_PX; // pixels right of the newest candle
  #lines = new Map(); // by id: the library's line and what was asked for
  #moving = null; // the id of the line that somebody is moving

  constructor(charts, element, { places, seconds, now }) {
    this.#charts = charts;
    this.#seconds = seconds;
    this.#places = places;
    this.#colours = readColours(element);
    this.#chart = charts.createChart(element, { autoSize: true, ...this.#options(now) });
    this.#series = this.#chart.addSeries(charts.CandlestickSeries, {
      ...this.#candleColours(),
      priceFormat: { type: "price", precision: places, minMove: 10 ** -places },
      autoscaleInfoProvider: (original) => this.#includeLines(original()),
    });
    this.#marks = charts.createSeriesMarkers(this.#series, []);
    watchColours(() => {
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

  /**
   * Shows exactly these lines: each has an id, a price, a title, and the name of its colour.
   * Those with isMovable can be dragged, see enableDrag().
   */
  setLines(lines) {
    this.#makeRoom(lines);
    const wanted = new Map(lines.map((line) => [line.id, line]));
    for (const [id, { shown }] of this.#lines) {
      if (wanted.has(id)) continue;
      this.#series.removePriceLine(shown);
      this.#lines.delete(id);
    }
    for (const [id, line] of wanted) {
      const known = this.#lines.get(id);
      if (!known) this.#lines.set(id, { shown: this.#series.createPriceLine(this.#lineOptions(line)), line });
      else if (id === this.#moving) known.line = line; // shown once it is dropped
      else Object.assign(known, { line }).shown.applyOptions(this.#lineOptions(line));
    }
  }

  /** Keeps the newest candles beside the titles of lines, not below them; a wider room stays. */
  #makeRoom(lines) {
    const longest = Math.max(...lines.map(({ title }) => title?.length ?? 0), 0);
    const room = Math.min(longest * LABEL_PX + MARGIN_PX, this.#chart.timeScale().width() / 2);
    if (room <= this.#room) return;
    this.#room = room;
    this.#chart.timeScale().applyOptions({ rightOffsetPixels: room });
  }

  /** Makes room for lines near the candles; a line far away would press the candles flat. */
  #includeLines(info) {
    if (!info?.priceRange) return info;
    const { minValue: low, maxValue: high } = info.priceRange;
    const reach = REACH * (high - low || high * 0.01);
    const near = [...this.#lines.values()]
      .map(({ line }) => Number(line.price))
      .filter((price) => price > low - reach && price < high + reach);
    return { ...info, priceRange: { minValue: Math.min(low, ...near), maxValue: Math.max(high, ...near) } };
  }

  #lineOptions({ price, title, colour, isDashed, isMovable }) {
    return {
      price: Number(price),
      title: isMovable ? `${title} ↕` : title,
      color: this.#colours[colour],
      lineWidth: isMovable ? 2 : 1,
      lineStyle: isDashed ? DASHED : 0,
      axisLabelVisible: true,
    };
  }

  /** Lets movable lines be dragged; onDrop(id, price) is told of a price by the market's step. */
  enableDrag(element, { step, places, onDrop }) {
    const size = Number(step) || 10 ** -places;
    enableLineDrag(element, {
      findLine: (y, px) => this.#findLine(y, px),
      toPrice: (y) => {
        const price = this.#series.coordinateToPrice(y);
        return price > 0 ? (Math.round(price / size) * size).toFixed(places) : null;
      },
      moveLine: (id, price) => {
        const { shown, line } = this.#lines.get(id) ?? {};
        shown?.applyOptions({ price: Number(price), title: `${line.title} → ${price}` });
      },
      hold: (id) => {
        this.#moving = id;
        this.#chart.applyOptions({ handleScroll: id === null, handleScale: id === null });
      },
      drop: (id, price) => {
        const { shown, line } = this.#lines.get(id) ?? {};
        if (!shown) return; // its order has ended meanwhile
        if (price !== null && Number(price) !== Number(line.price)) onDrop(id, price);
        else shown.applyOptions(this.#lineOptions(line));
      },
    });
  }

  /** The movable line nearest to this height, at most so many pixels away. */
  #findLine(y, px) {
    let nearest = null;
    let least = px;
    for (const [id, { line }] of this.#lines) {
      const distance = Math.abs(this.#series.priceToCoordinate(Number(line.price)) - y);
      if (!line.isMovable || distance > least) continue;
      [nearest, least] = [id, distance];
    }
    return nearest;
  }

  /** Marks fills: buys below their candle, sells above, the larger the more was filled. */
  setFills(fills) {
    const largest = Math.max(...fills.map((fill) => Number(fill.quantity)), 0);
    const marks = fills.map((fill) => ({
      id: String(fill.id),
      time: Math.floor(toSeconds(fill.executed_at) / this.#seconds) * this.#seconds,
      position: fill.side === "buy" ? "belowBar" : "aboveBar",
      shape: fill.side === "buy" ? "arrowUp" : "arrowDown",
      color: this.#colours[fill.side],
      size: 0.7 + 1.3 * Math.sqrt(Number(fill.quantity) / largest),
      text: "",
    }));
    this.#marks.setMarkers(marks.sort((one, other) => one.time - other.time));
  }

  /** Tells which fill the pointer is on: its id and the place in the chart, or null. */
  watchMarks(onHover) {
    this.#chart.subscribeCrosshairMove(({ hoveredObjectId: id, point }) => {
      onHover(point && id !== undefined && id !== null ? { id: Number(id), x: point.x, y: point.y } : null);
    });
  }

  #candleColours() {
    const { muted } = this.#colours;
    return {
      upColor: "transparent",
      downColor: muted,
      borderUpColor: muted,
      borderDownColor: muted,
      wickUpColor: muted,
      wickDownColor: muted,
      priceLineColor: muted,
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
      localization: {
        timeFormatter: formatTime,
        priceFormatter: (price) => formatPrice(price, this.#places),
      },
      timeScale: {
        borderColor: line,
        timeVisible: !isDaily,
        secondsVisible: false,
        rightOffsetPixels: this.#room,
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
