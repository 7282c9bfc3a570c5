/** Another strategy has other settings, another key trades other symbols: nothing typed is lost. */

import "../fillwatch/flash.js";
import { postForm } from "../fillwatch/server.js";
import { startStrategyForm } from "./strategy_form.js";

const WAIT_MS = 500; // after the last key
const form = document.getElementById("bot");
const preview = document.getElementById("preview");
let timer = null;
let asked = 0;

/** Shows what the bot would place with the values as they are. */
async function showPreview() {
  const number = ++asked;
  const body = new FormData(form);
  body.set("preview", "1");
  const response = await postForm(location.href, body);
  if (!response?.ok || response.redirected || number !== asked) return;
  preview.innerHTML = await response.text();
}

function planPreview() {
  clearTimeout(timer);
  timer = setTimeout(showPreview, WAIT_MS);
}

startStrategyForm(form, "key");
for (const type of ["input", "change"]) form?.addEventListener(type, planPreview);
if (form?.elements.symbol.value) planPreview();
