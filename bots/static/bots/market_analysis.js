/** The analysis of a market: repainted each minute, when there is a new one. */

import { connectPage, startParts } from "../fillwatch/live_page.js";

const { root, repaint } = startParts(document.getElementById("analysis"));
const { stream } = connectPage(root, { topics: ["bots"] });
stream.on("snapshot", () => repaint());
setInterval(() => repaint(), 60_000);
