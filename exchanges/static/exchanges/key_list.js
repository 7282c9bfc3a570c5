/** The keys page follows what venues say of the keys. */

import { showLive } from "../fillwatch/connection_state.js";
import "../fillwatch/flash.js";
import { connect } from "../realtime/client.js";
import { localTimes } from "../fillwatch/time.js";
import { showWaiting } from "./venue_notices.js";

const cards = document.getElementById("keys");
const { epoch, seq } = cards.dataset;
const stream = connect({
  user: document.body.dataset.user,
  since: { epoch, seq: Number(seq) },
  topics: ["keys"],
});

localTimes(cards);

async function paint() {
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  cards.replaceChildren(...page.getElementById("keys").childNodes);
  localTimes(cards);
}

let due = 0;
function soon() {
  if (due) return; // states of many streams may change together: one look for all of them
  due = setTimeout(() => {
    due = 0;
    paint();
  }, 500);
}

stream.on("key_update", paint);
stream.on("stream_state", soon);
stream.on("snapshot", paint);
showLive(stream, {
  dot: document.getElementById("dot"),
  line: document.getElementById("notlive"),
});
showWaiting(stream);
