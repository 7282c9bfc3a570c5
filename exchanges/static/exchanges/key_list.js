/** The keys page follows what venues answer about the keys, and the state of each key's stream. */

import { connectPage } from "../fillwatch/live_page.js";
import { createRepaint } from "../fillwatch/repaint.js";
import { fetchPage } from "../fillwatch/server.js";
import { showClockTimes } from "../fillwatch/time.js";
import { showVenueNotices } from "./venue_notices.js";

const STREAMS_MS = 500; // the states of many streams may change together
const root = document.getElementById("keys");
const repaint = createRepaint(paint, STREAMS_MS);
const { stream } = connectPage(root, { topics: ["keys"] });

showClockTimes(root);

async function paint() {
  const freshRoot = (await fetchPage(location.pathname))?.getElementById("keys");
  if (!freshRoot) return;
  root.replaceChildren(...freshRoot.childNodes);
  showClockTimes(root);
}

stream.on("key_update", () => repaint(0));
stream.on("stream_state", () => repaint());
stream.on("snapshot", () => repaint(0));
showVenueNotices(stream);
