/** A back-test's page shows its progress until it has a result. */

import { startParts } from "../fillwatch/live_page.js";

const WAIT_MS = 1000;
const { repaint } = startParts(document.getElementById("backtest"));

/** Asks again while the back-test waits or runs; a worker needs some seconds for it. */
function followProgress() {
  const { state } = document.getElementById("result").dataset;
  if (state !== "queued" && state !== "running") return;
  repaint();
  setTimeout(followProgress, WAIT_MS);
}

setTimeout(followProgress, WAIT_MS);
