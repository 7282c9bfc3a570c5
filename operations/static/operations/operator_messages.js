/** What operators tell everybody: a bar on every page until it is dismissed or a day has passed. */

import { translate } from "../fillwatch/translate.js";

const STORAGE_KEY = "fillwatch.system";
const DAY_MS = 24 * 3600 * 1000;
const SVG = "http://www.w3.org/2000/svg";

function readMessages() {
  try {
    const oldest = Date.now() - DAY_MS;
    const messages = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]");
    return messages.filter((message) => Date.parse(message.sent_at) > oldest);
  } catch {
    return []; // nothing is stored, or nothing that we wrote
  }
}

function storeMessages(messages) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(messages));
  } catch {
    // A browser without storage shows them on this page only.
  }
}

function createIcon() {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 20 20", width: 16, height: 16, fill: "none", stroke: "currentColor",
    "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M3 8v4h3l7 4V4L6 8zM16 8.2v3.6");
  svg.append(path);
  return svg;
}

function createBar(message, onDismiss) {
  const box = document.createElement("div");
  box.className = "strip";
  box.dataset.level = message.level;
  const paragraph = document.createElement("p");
  const title = document.createElement("strong");
  title.textContent = message.title;
  paragraph.append(title, " ", message.message);
  const button = document.createElement("button");
  button.className = "aside";
  button.textContent = translate("Dismiss");
  button.setAttribute("aria-label", translate("Dismiss: %(title)s", { title: message.title }));
  button.addEventListener("click", onDismiss);
  box.append(createIcon(), paragraph, button);
  return box;
}

/** Shows each message once, however often the stream repeats it; dismissing it counts in all tabs. */
export function showOperatorMessages(stream, container) {
  let messages = readMessages();
  const paint = () => {
    const open = messages.filter((message) => !message.dismissed);
    container.replaceChildren(...open.map((message) => createBar(message, () => dismissMessage(message.id))));
  };
  const dismissMessage = (id) => {
    messages = readMessages().map((message) => (message.id === id ? { ...message, dismissed: true } : message));
    storeMessages(messages);
    paint();
  };
  stream.on("system", (message) => {
    messages = readMessages();
    if (messages.some(({ id }) => id === message.id)) return paint();
    messages.push(message);
    storeMessages(messages);
    paint();
  });
  addEventListener("storage", (event) => {
    if (event.key !== STORAGE_KEY) return;
    messages = readMessages();
    paint();
  });
  paint();
}
