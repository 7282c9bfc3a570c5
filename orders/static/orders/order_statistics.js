/** The numbers at the top: the server counts them, again soon after something changed. */

import { createRareRepaint } from "../fillwatch/repaint.js";
import { isUnanswered } from "../fillwatch/retry.js";
import { requestFragment } from "../fillwatch/server.js";

const INTERVAL_MS = 2000; // however many orders change: one request in this time

/** Returns the function that has the numbers counted again. */
export function startStatistics(container) {
  return createRareRepaint(async () => {
    const response = await requestFragment("/orders/statistics/");
    if (isUnanswered(response)) return false;
    if (response.ok && !response.redirected) container.innerHTML = await response.text();
    return true;
  }, INTERVAL_MS);
}
