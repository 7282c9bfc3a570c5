/** Another strategy has other settings, another key trades other symbols: nothing typed is lost. */

import "../fillwatch/flash.js";

const strategies = document.getElementById("strategies");
const form = document.getElementById("bot");
let shownStrategy = form?.elements.strategy.value;

async function loadChoices() {
  const strategy = strategies.elements.strategy.value;
  const query = new URLSearchParams({ strategy });
  const key = form.elements.key?.value;
  if (key) query.set("key", key);
  const response = await fetch(`?${query}`).catch(() => null);
  if (!response?.ok || response.redirected) return strategies.requestSubmit(); // the browser shows why
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (strategy !== strategies.elements.strategy.value) return; // another one was chosen meanwhile
  form.elements.strategy.value = strategy;
  document.getElementById("symbols").replaceWith(page.getElementById("symbols"));
  if (shownStrategy !== strategy) replaceSettings(page.getElementById("settings"));
  shownStrategy = strategy;
}

/** Shows the fields of another strategy; those that both have keep what was typed. */
function replaceSettings(settings) {
  const typed = new FormData(form);
  document.getElementById("settings").replaceWith(settings);
  for (const field of settings.querySelectorAll("input:not([type=checkbox]), select")) {
    if (typed.get(field.name)) field.value = typed.get(field.name);
  }
}

strategies?.addEventListener("change", loadChoices);
form?.elements.key?.addEventListener("change", loadChoices);
form?.querySelector(".wrong :is(input, select)")?.focus();
