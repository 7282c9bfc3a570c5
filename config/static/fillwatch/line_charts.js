/**
 * The charts of a page: each [data-chart] is drawn from the JSON of the same name, and takes the place
 * of what the server has drawn. They share one crosshair and, within a group, what is zoomed into.
 */

import { createLineChart } from "./line_chart.js";

/** Returns the charts by name and `update()`, to be called after parts of the page were replaced. */
export async function startLineCharts(root, library) {
  const zone = document.body.dataset.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  const charts = new Map();

  async function update() {
    if (library) await Promise.all([...root.querySelectorAll("[data-chart]")].map(draw));
  }

  async function draw(element) {
    const { chart: name, group } = element.dataset;
    const data = JSON.parse(document.getElementById(`data-${name}`).textContent);
    const drawing = document.getElementById(`drawn-${name}`);
    element.hidden = false;
    if (!charts.has(name)) {
      const chart = createLineChart(element, { library, data, syncKey: "page", group, zone });
      charts.set(name, { element, chart });
    }
    const known = charts.get(name);
    if (known.element !== element) element.replaceWith(known.element); // what the server wrote anew is empty
    try {
      (await known.chart).setData(data);
      drawing.hidden = true;
    } catch {
      known.element.hidden = true; // the library did not load: the server's drawing stays
    }
  }

  await update();
  return { charts, update };
}
