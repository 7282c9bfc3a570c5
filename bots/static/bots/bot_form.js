/** Another strategy asks for other settings, another key trades other symbols: nothing typed is lost. */

import "../fillwatch/flash.js";

const strategies = document.getElementById("strategies");
const form = document.getElementById("bot");

async function follow() {
  const chosen = strategies.elements.strategy.value;
  const asked = new URLSearchParams({ strategy: chosen });
  const key = form.elements.key?.value;
  if (key) asked.set("key", key);
  const answer = await fetch(`?${asked}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return strategies.requestSubmit(); // let the browser say why
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (chosen !== strategies.elements.strategy.value) return; // another one was chosen meanwhile
  form.elements.strategy.value = chosen;
  const typed = new FormData(form);
  document.getElementById("symbols").replaceWith(page.getElementById("symbols"));
  const settings = page.getElementById("settings");
  if (shown !== chosen) {
    document.getElementById("settings").replaceWith(settings);
    for (const field of settings.querySelectorAll("input:not([type=checkbox]), select")) {
      if (typed.get(field.name)) field.value = typed.get(field.name);
    }
  }
  shown = chosen;
}

let shown = form?.elements.strategy.value;
strategies?.addEventListener("change", follow);
form?.elements.key?.addEventListener("change", follow);
form?.querySelector(".wrong :is(input, select)")?.focus();
