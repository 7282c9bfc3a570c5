/** Draws the operators' figures as charts that share one crosshair; without the library SVGs stay. */

import { createLineChart } from "../fillwatch/line_chart.js";

const root = document.getElementById("figures");
const { library } = root.dataset;
const zone = document.body.dataset.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone;

const readData = (id) => JSON.parse(document.getElementById(id).textContent);

async function drawChart(element) {
  const id = element.dataset.chart;
  element.hidden = false;
  const chart = await createLineChart(element, { library, data: readData(id), syncKey: "figures", zone });
  document.getElementById(id.replace("data-", "drawn-")).hidden = true;
  // The page's own repaint replaces the part that holds the data.
  const source = id.replace("data-", "source-");
  new MutationObserver((changes) => {
    const isNew = changes.some((change) => [...change.addedNodes].some((node) => node.id === source));
    if (isNew) chart.setData(readData(id));
  }).observe(element.parentElement, { childList: true });
}

if (library) for (const element of root.querySelectorAll("[data-chart]")) drawChart(element);
