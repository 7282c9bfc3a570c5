/** The holdings page follows its keys: the server paints, what differs fades once. */

import { showLive } from "../fillwatch/connection_state.js";
import "../fillwatch/flash.js";
import { connect } from "../realtime/client.js";
import { localTimes } from "../fillwatch/time.js";
import { showWaiting } from "./venue_notices.js";

const PAUSE = 250; // a burst of changes is painted once
const FADE = { duration: 1200, easing: "ease-out" };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const place = document.getElementById("holdings");
const { epoch, seq } = place.dataset;
const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["balances", "positions", "keys"],
});

localTimes(place);

function texts() {
  const shown = new Map();
  for (const row of place.querySelectorAll("tr[id]")) {
    shown.set(row.id, [...row.cells].map((cell) => cell.textContent));
  }
  return shown;
}

async function paint() {
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = texts();
  place.replaceChildren(...page.getElementById("holdings").childNodes);
  localTimes(place);
  if (calm.matches) return;
  for (const row of place.querySelectorAll("tr[id]")) {
    const old = before.get(row.id);
    for (const [n, cell] of [...row.cells].entries()) {
      if (old?.[n] !== cell.textContent) cell.animate([{ backgroundColor: "var(--changed)" }, {}], FADE);
    }
  }
}

let due = 0;
let painting = Promise.resolve();
function soon() {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    painting = painting.then(paint); // one after the other: an older answer never comes last
  }, PAUSE);
}

for (const type of ["balance_update", "position_update", "key_update", "key_deleted", "snapshot"]) {
  stream.on(type, soon);
}
showWaiting(stream);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
