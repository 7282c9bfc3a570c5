/** The keys page follows what venues answer about the keys, and the state of each key's stream. */

import { connectPage, startParts } from "../fillwatch/live_page.js";
import { showVenueNotices } from "./venue_notices.js";

const STREAMS_MS = 500; // the states of many streams may change together
const { root, repaint } = startParts(document.getElementById("keys"));
const { stream } = connectPage(root, { topics: ["keys"] });

for (const type of ["key_update", "key_shared", "key_unshared"]) stream.on(type, () => repaint(0));
stream.on("stream_state", () => repaint(STREAMS_MS));
stream.on("snapshot", () => repaint(0));
showVenueNotices(stream);
