/**
 * A chart of lines or bars over time: crosshair, zoom by dragging, a legend with the values under the
 * pointer. Drawn by uPlot, whose numbers are floats: nothing is computed from them.
 */

import { readColours, watchColours } from "./chart_colours.js";
import { formatAmount, formatAxis } from "./chart_numbers.js";
import { formatDay } from "./time.js";

const LINES = ["accent", "buy", "sell", "good", "warn", "paper", "bad", "muted"];
const HEIGHT = 220;
const FONT = "11px system-ui, sans-serif";
const DAY = 86_400;
const MIDNIGHT = "00:00"; // where a day begins, it is named
const STEP = 10; // pixels that an arrow key moves the crosshair
const TICK_PX = 6.5; // about the width of a digit
const HALF_HOUR = 1800;
const DIGITS = 7; // with room for as many, plots below each other have one left edge
const groups = new Map(); // the charts that show the same part of time

/**
 * Loads the library and draws the data: {unit, times, series: [{label, values}]}. Charts with one
 * `syncKey` share the crosshair, those of one `group` what is zoomed into.
 */
export async function createLineChart(element, { library, data, syncKey, group = syncKey, zone }) {
  const { default: UPlot } = await import(library);
  return new LineChart(UPlot, element, { data, syncKey, group, zone });
}

/** Names the times below the plot: hours, and the days that they are of, in the reader's zone. */
function nameTimes(timeZone) {
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
  return (_, times, __, ___, step) => {
    const texts = times.map((time) => {
      const text = clock.format(new Date(time * 1000));
      return step < DAY && text !== MIDNIGHT ? text : formatDay(time * 1000);
    });
    return texts.map((text, index) => (text === texts[index - 1] ? "" : text)); // steps below a minute
  };
}

/** Makes room beside the plot for the longest number. */
const fitAxis = (_, texts) => 16 + TICK_PX * Math.max(DIGITS, ...(texts ?? []).map((text) => text.length));

/** With zero in sight, for what is more or less than nothing. */
const FROM_ZERO = { pad: 0.1, soft: 0, mode: 1 };

/** An hour around the only point; the library would show the years after it. */
const padSinglePoint = (_, min, max) => (min === max && min !== null ? [min - HALF_HOUR, max + HALF_HOUR] : [min, max]);

const toColumns = ({ times, series }) => [times, ...series.map((line) => line.values)];
const withAlpha = (rgb, alpha) => rgb.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);

class LineChart {
  #UPlot;
  #element;
  #plot;
  #data;
  #options;
  #isFollowing = false; // another chart of the group zooms

  constructor(UPlot, element, { data, ...options }) {
    this.#UPlot = UPlot;
    this.#element = element;
    this.#data = data;
    this.#options = options;
    groups.set(options.group, (groups.get(options.group) ?? new Set()).add(this));
    this.#draw();
    new ResizeObserver(() => this.#fit()).observe(element);
    watchColours(() => this.#draw());
    element.addEventListener("keydown", (event) => this.#pressKey(event));
  }

  /** The part of time that is shown, in seconds. */
  get shown() {
    const { min, max } = this.#plot.scales.x;
    return { min, max };
  }

  /** The series with their values as the plot has them. */
  get drawn() {
    return this.#plot.series.slice(1).map(({ label }, index) => ({ label, values: this.#plot.data[index + 1] }));
  }

  /** Shows newer data; what somebody zoomed into stays, unless it is of another span. */
  setData(data) {
    const labels = (one) => String(one.series.map((line) => line.label));
    const isSame = labels(data) === labels(this.#data);
    const { min, max } = this.#plot.scales.x;
    const whole = this.#whole;
    const isZoomed = min > whole.min || max < whole.max;
    const keepsZoom = isZoomed && data.span === this.#data.span;
    this.#data = data;
    if (!isSame) return this.#draw();
    this.#plot.setData(toColumns(data), !keepsZoom);
    if (keepsZoom) this.#plot.redraw(); // with its zoom the library draws nothing by itself
  }

  /** Shows this part of time, as another chart of the group does; null is all of it. */
  follow(part) {
    const { min, max } = part ?? this.#whole;
    const { x } = this.#plot.scales;
    if (x.min === min && x.max === max) return;
    this.#isFollowing = true;
    this.#plot.batch(() => this.#plot.setScale("x", { min, max }));
    this.#isFollowing = false;
  }

  get #whole() {
    const { times } = this.#data;
    return { min: times[0], max: times.at(-1) };
  }

  #pressKey(event) {
    const { cursor, over } = this.#plot;
    const width = over.clientWidth;
    const left = cursor.left >= 0 ? cursor.left : width / 2;
    const steps = { ArrowLeft: left - STEP, ArrowRight: left + STEP, Home: 0, End: width - 1 };
    if (event.key === "Escape") this.#plot.setScale("x", this.#whole);
    else if (event.key in steps) {
      this.#plot.setCursor({ left: Math.min(width - 1, Math.max(0, steps[event.key])), top: over.clientHeight / 2 });
    } else return;
    event.preventDefault();
  }

  /** Tells the other charts of the group which part of time is shown. */
  #tellGroup(plot, scale) {
    if (scale !== "x" || this.#isFollowing || plot !== this.#plot) return;
    const { min, max } = plot.scales.x;
    const whole = this.#whole;
    const part = min === whole.min && max === whole.max ? null : { min, max }; // others may begin earlier
    for (const chart of groups.get(this.#options.group)) if (chart !== this) chart.follow(part);
  }

  #fit() {
    const width = this.#element.clientWidth;
    if (width && width !== this.#plot.width) this.#plot.setSize({ width, height: this.#height });
  }

  get #height() {
    return Number(this.#element.dataset.height) || HEIGHT;
  }

  #draw() {
    const colours = readColours(this.#element);
    const { series, daily: isDaily = false, signed: isSigned, zero: isFromZero, unit, places } = this.#data;
    const format = { unit, places, isSigned };
    const { syncKey } = this.#options;
    const zone = isDaily ? "UTC" : this.#options.zone;
    const toDate = (seconds) => this.#UPlot.tzDate(new Date(seconds * 1000), zone);
    const formatTime = this.#UPlot.fmtDate(isDaily ? "{YYYY}-{MM}-{DD}" : "{YYYY}-{MM}-{DD} {HH}:{mm}");
    const axis = {
      stroke: colours.muted,
      font: FONT,
      grid: { stroke: colours.line, width: 1 },
      ticks: { stroke: colours.line, width: 1 },
    };
    this.#plot?.destroy();
    this.#plot = null;
    this.#plot = new this.#UPlot(
      {
        width: this.#element.clientWidth || HEIGHT,
        height: this.#height,
        tzDate: toDate,
        // A zoom is passed on by setScale, since the charts of a group may have other margins.
        cursor: {
          sync: { key: syncKey, filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } },
          drag: { x: true, y: false },
        },
        scales: {
          x: { range: padSinglePoint },
          ...(isFromZero ? { y: { range: { min: FROM_ZERO, max: FROM_ZERO } } } : {}),
        },
        axes: [
          { ...axis, values: nameTimes(zone) },
          { ...axis, size: fitAxis, values: (_, values) => values.map(formatAxis) },
        ],
        series: [
          // The end of a day is called by that day.
          { label: "Time", value: (_, time) => formatTime(toDate((time ?? this.#data.times.at(-1)) - isDaily)) },
          ...series.map((line, index) => ({
            label: line.label,
            ...this.#describeSeries(line, index, colours),
            // Without a crosshair it shows what is newest.
            value: (_, value, __, at) =>
              formatAmount((at === null ? this.#data.series[index].values.at(-1) : value) ?? null, format),
          })),
        ],
        hooks: { setScale: [(plot, scale) => this.#tellGroup(plot, scale)] },
      },
      toColumns(this.#data),
      this.#element,
    );
  }

  #describeSeries({ kind, colour, dashed: isDashed }, index, colours) {
    const { paths } = this.#UPlot;
    const stroke = colours[colour || LINES[index % LINES.length]];
    if (kind === "bars") return { ...describeBars(paths, colours), stroke };
    return {
      stroke,
      width: 1.5,
      dash: isDashed ?? index >= LINES.length ? [4, 3] : undefined,
      fill: kind === "area" ? withAlpha(stroke, 0.12) : undefined,
      paths: kind === "step" ? paths.stepped({ align: 1 }) : undefined,
      points: { show: this.#data.times.length < 3 },
    };
  }
}

/** Bars that end at their time: gains in one colour, losses in another. */
function describeBars(paths, { buy, sell }) {
  const pick = (plot, index) => plot.data[index].map((value) => (value < 0 ? sell : buy));
  const colour = { unit: 3, values: pick };
  return {
    width: 0,
    points: { show: false },
    paths: paths.bars({ size: [0.7, 60], align: -1, disp: { fill: colour, stroke: colour } }),
    fill: buy,
  };
}
