/**
 * A chart of lines over time: crosshair, zoom by dragging, a legend with the values under the pointer.
 * Drawn by uPlot, whose numbers are floats: nothing is computed from them.
 */

import { readColours, watchColours } from "./chart_colours.js";

const LINES = ["accent", "buy", "sell", "good", "warn", "paper", "bad", "muted"];
const HEIGHT = 220;
const FONT = "11px system-ui, sans-serif";
const DIGITS = 6;
const DAY = 86_400;

/** Loads the library and draws the data: {unit, times, series: [{label, values}]}. */
export async function createLineChart(element, { library, data, syncKey, zone }) {
  const { default: UPlot } = await import(library);
  return new LineChart(UPlot, element, { data, syncKey, zone });
}

/** Names the times below the plot: hours of a day, or days, in the reader's zone. */
function nameTimes(timeZone) {
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
  const day = new Intl.DateTimeFormat([], { day: "numeric", month: "short", timeZone });
  return (_, times, __, ___, step) =>
    times.map((time) => (step < DAY ? clock : day).format(new Date(time * 1000)));
}

const toColumns = ({ times, series }) => [times, ...series.map((line) => line.values)];

class LineChart {
  #UPlot;
  #element;
  #plot;
  #data;
  #options;

  constructor(UPlot, element, { data, ...options }) {
    this.#UPlot = UPlot;
    this.#element = element;
    this.#data = data;
    this.#options = options;
    this.#draw();
    new ResizeObserver(() => this.#fit()).observe(element);
    watchColours(() => this.#draw());
  }

  /** Shows newer data; what somebody zoomed into stays. */
  setData(data) {
    const labels = (one) => String(one.series.map((line) => line.label));
    const isSame = labels(data) === labels(this.#data);
    const { min, max } = this.#plot.scales.x;
    const last = this.#data.times.at(-1);
    const isZoomed = min > this.#data.times[0] || max < last;
    this.#data = data;
    if (!isSame) return this.#draw();
    this.#plot.setData(toColumns(data), !isZoomed);
  }

  #fit() {
    const width = this.#element.clientWidth;
    if (width && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  #draw() {
    this.#plot?.destroy();
    const colours = readColours(this.#element);
    const { unit, series } = this.#data;
    const { syncKey, zone } = this.#options;
    const axis = {
      stroke: colours.muted,
      font: FONT,
      grid: { stroke: colours.line, width: 1 },
      ticks: { stroke: colours.line, width: 1 },
    };
    const name = (value) => (value === null ? "–" : `${Number(value.toPrecision(DIGITS))} ${unit}`);
    this.#plot = new this.#UPlot(
      {
        width: this.#element.clientWidth || HEIGHT,
        height: HEIGHT,
        tzDate: (seconds) => this.#UPlot.tzDate(new Date(seconds * 1000), zone),
        cursor: { sync: { key: syncKey }, drag: { x: true, y: false } },
        axes: [{ ...axis, values: nameTimes(zone) }, { ...axis, size: 56 }],
        series: [
          { label: "Time", value: "{YYYY}-{MM}-{DD} {HH}:{mm}" },
          ...series.map((line, index) => ({
            label: line.label,
            stroke: colours[LINES[index % LINES.length]],
            width: 1.5,
            dash: index < LINES.length ? undefined : [4, 3],
            points: { show: this.#data.times.length < 3 },
            value: (_, value) => name(value ?? null),
          })),
        ],
      },
      toColumns(this.#data),
      this.#element,
    );
  }
}
