/** Turns a simulated price while somebody turns the knob: at most five requests a second. */

import { showFlash } from "../fillwatch/flash.js";
import { postForm, reportFailure } from "../fillwatch/server.js";

const EVERY_MS = 200;
const FIXED = 4;

const form = document.getElementById("price-form");
const knob = document.getElementById("knob");
const range = document.getElementById("knob-range");
const output = document.getElementById("knob-value");
let sent = 0; // percent of the price at which the knob was taken
let isSending = false;

if (form) {
  knob.hidden = false;
  range.addEventListener("input", turnPrice);
  range.addEventListener("change", () => setTimeout(letGo, EVERY_MS));
}

async function turnPrice() {
  output.value = range.value;
  if (isSending) return;
  isSending = true;
  while (Number(range.value) !== sent) {
    const wanted = Number(range.value);
    const percent = ((100 + wanted) / (100 + sent) - 1) * 100;
    sent = wanted;
    if (!(await moveBy(percent))) break;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  isSending = false;
}

async function moveBy(percent) {
  const body = new FormData();
  body.set("instrument", form.elements.instrument.value);
  body.set("percent", percent.toFixed(FIXED));
  const response = await postForm(form.getAttribute("action"), body);
  if (await reportFailure(response)) return false;
  const { kind, words } = await response.json();
  if (kind === "error") showFlash(words, "", { kind });
  return kind !== "error";
}

/** The next turn starts from the price that is there then. */
function letGo() {
  if (isSending) return void setTimeout(letGo, EVERY_MS);
  range.value = sent = 0;
  output.value = 0;
}
