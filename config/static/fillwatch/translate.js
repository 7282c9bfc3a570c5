/** The texts of scripts in the language of the page: the page has them, unless it is in English. */

const element = globalThis.document?.getElementById("script-texts");
const TEXTS = element ? JSON.parse(element.textContent) : {};

/** A text in the language of the page, with its values: translate("%(count)s new orders", { count }). */
export function translate(text, values = {}) {
  return (TEXTS[text] || text).replace(/%\((\w+)\)s|%%/g, (found, name) => (name ? values[name] : "%"));
}
