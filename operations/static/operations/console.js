/** The operators' console: repainted when a service or a job changes, and every 15 seconds. */

import { connectPage, startParts } from "../fillwatch/live_page.js";

const EVERY_MS = 15_000; // response times and ages change without an event

const { root, repaint } = startParts(document.getElementById("console"));
const { stream } = connectPage(root, { door: "admin" });
stream.on("health_update", () => repaint());
stream.on("job_update", () => repaint(2000));
setInterval(() => repaint(), EVERY_MS);
