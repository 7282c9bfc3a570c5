/** A form with cards of strategies above it: choosing one exchanges the fields of its settings. */

/** Starts the form; the field of this name decides which symbols are suggested. */
export function startStrategyForm(form, placeField) {
  const strategies = document.getElementById("strategies");
  if (!form || !strategies) return;
  let shownStrategy = form.elements.strategy.value;

  async function loadChoices() {
    const strategy = strategies.elements.strategy.value;
    const query = new URLSearchParams({ strategy });
    const place = form.elements[placeField]?.value;
    if (place) query.set(placeField, place);
    const response = await fetch(`?${query}`).catch(() => null);
    if (!response?.ok || response.redirected) return strategies.requestSubmit(); // the browser shows why
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (strategy !== strategies.elements.strategy.value) return; // another one was chosen meanwhile
    form.elements.strategy.value = strategy;
    document.getElementById("symbols").replaceWith(page.getElementById("symbols"));
    if (shownStrategy !== strategy) replaceSettings(form, page.getElementById("settings"));
    shownStrategy = strategy;
    form.dispatchEvent(new Event("change"));
  }

  strategies.addEventListener("change", loadChoices);
  form.elements[placeField]?.addEventListener("change", loadChoices);
  form.querySelector(".wrong :is(input, select)")?.focus();
}

/** Shows the fields of another strategy; those that both have keep what was typed. */
function replaceSettings(form, settings) {
  const typed = new FormData(form);
  document.getElementById("settings").replaceWith(settings);
  for (const field of settings.querySelectorAll("input:not([type=checkbox]), select")) {
    if (typed.get(field.name)) field.value = typed.get(field.name);
  }
}
