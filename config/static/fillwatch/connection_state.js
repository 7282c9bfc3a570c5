/** The dot and the line below the header: whether the page is live, and what it shows if not. */

const two = (value) => String(value).padStart(2, "0");
const clock = (ms) => {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
};
const seconds = (ms) => Math.max(0, Math.ceil(ms / 1000));

/** The word beside the dot. */
export function word(state, now) {
  switch (state.name) {
    case "live":
      return "Live";
    case "delayed":
      return `Delayed ${seconds(now - state.heardAt)} s`;
    case "waiting":
      return `Reconnecting in ${seconds(state.retryAt - now)} s`;
    case "connecting":
      return "Connecting";
    case "offline":
      return "Offline";
    case "paused":
      return "Paused";
    default:
      return state.signedOut ? "Signed out" : "Stopped";
  }
}

/** What the page shows when it is not live; nothing when it is. */
export function notice(state, shownAt, waiting) {
  const from = `This page shows what was true at ${clock(shownAt)}`;
  switch (state.name) {
    case "live":
      return "";
    case "paused":
      return `Paused: ${from.toLowerCase()}. ${waiting} ${waiting === 1 ? "change waits" : "changes wait"}; press p to go on.`;
    case "delayed":
      return `${from}. Nothing was heard since.`;
    case "offline":
      return `${from}. This machine is offline.`;
    case "stopped":
      return `${from}. ${state.words}.`;
    default:
      return `${from}. It is catching up as soon as the server answers.`;
  }
}

const PATIENCE = 1500; // a connection that opens at once is no news

/** Keeps dot and notice true; `paused()` says how many changes wait, or null. */
export function showLive(stream, { dot, line, paused = () => null }) {
  let shownAt = Date.now();
  const heard = () => (shownAt = Date.now());
  const paint = () => {
    const waiting = paused();
    const now = Date.now();
    if (stream.state.name === "live" && waiting === null) shownAt = now;
    const held = waiting !== null && stream.state.name === "live";
    const state = held ? { name: "paused" } : stream.state;
    const words = notice(state, shownAt, waiting);
    const early = state.name === "connecting" && now - state.since < PATIENCE;
    dot.hidden = false;
    dot.dataset.state = state.name;
    set(dot, word(state, now));
    line.hidden = !words || early;
    set(line, words);
    if (state.signedOut && !line.querySelector("a")) line.append(" ", signIn());
  };
  stream.on("state", paint);
  stream.on("snapshot", heard);
  setInterval(paint, 1000);
  paint();
  return paint;
}

function set(place, words) {
  if (place.firstChild?.data !== words) place.replaceChildren(words);
}

function signIn() {
  const link = document.createElement("a");
  const next = encodeURIComponent(location.pathname + location.search);
  link.href = `${document.body.dataset.signIn}?next=${next}`;
  link.textContent = "Sign in again";
  return link;
}
