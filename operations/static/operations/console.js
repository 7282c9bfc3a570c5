/** Every section of the operators' console: repainted when something changes, and now and then. */

import { enableActions } from "../fillwatch/dialog.js";
import { connectPage, startParts } from "../fillwatch/live_page.js";

const EVERY_MS = 15_000; // response times and ages change without an event

const { root, repaint } = startParts(document.getElementById("console"));
root.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
const { stream } = connectPage(root, { door: root.dataset.door });
stream.on("health_update", () => repaint());
stream.on("job_update", () => repaint(2000));
stream.on("admin_message", () => repaint());
enableActions(document.getElementById("dialog"), () => repaint(0));
setInterval(() => document.hidden || repaint(0), Number(root.dataset.every ?? EVERY_MS));
