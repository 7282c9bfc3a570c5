/** The alerts of operators: repainted when one is raised, changes or ends. */

import { connectPage, startParts } from "../fillwatch/live_page.js";

const { root, repaint } = startParts(document.getElementById("operator-alerts"));
const { stream } = connectPage(root, { topics: ["alerts"] });
for (const type of ["alert", "snapshot"]) stream.on(type, () => repaint());
