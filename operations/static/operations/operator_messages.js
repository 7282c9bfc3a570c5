/** The operators' words to everybody: a bar on every page until it is dismissed or a day has passed. */

const KEPT = "fillwatch.system";
const DAY = 24 * 3600 * 1000;

function read() {
  try {
    const fresh = Date.now() - DAY;
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]").filter((one) => Date.parse(one.sent_at) > fresh);
  } catch {
    return []; // nothing kept, or nothing that we wrote
  }
}

function keep(told) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(told));
  } catch {
    // A browser that keeps nothing shows it on this page only.
  }
}

const NS = "http://www.w3.org/2000/svg";
function horn() {
  const svg = document.createElementNS(NS, "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 20 20", width: 16, height: 16, fill: "none", stroke: "currentColor",
    "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(name, value);
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", "M3 8v4h3l7 4V4L6 8zM16 8.2v3.6");
  svg.append(path);
  return svg;
}

function bar(one, dismiss) {
  const box = document.createElement("div");
  box.className = "strip";
  box.dataset.level = one.level;
  const words = document.createElement("p");
  const title = document.createElement("strong");
  title.textContent = one.title;
  words.append(title, " ", one.message);
  const button = document.createElement("button");
  button.className = "aside";
  button.textContent = "Dismiss";
  button.setAttribute("aria-label", `Dismiss: ${one.title}`);
  button.addEventListener("click", dismiss);
  box.append(horn(), words, button);
  return box;
}

/** Each is shown once, whatever the stream repeats; what one tab dismisses goes in all. */
export function showSystem(stream, place) {
  let told = read();
  const paint = () => {
    const shown = told.filter((one) => !one.dismissed);
    place.replaceChildren(
      ...shown.map((one) =>
        bar(one, () => {
          told = read().map((other) => (other.id === one.id ? { ...other, dismissed: true } : other));
          keep(told);
          paint();
        }),
      ),
    );
  };
  stream.on("system", (one) => {
    told = read();
    if (told.some((other) => other.id === one.id)) return paint();
    told.push(one);
    keep(told);
    paint();
  });
  addEventListener("storage", (event) => {
    if (event.key !== KEPT) return;
    told = read();
    paint();
  });
  paint();
}
