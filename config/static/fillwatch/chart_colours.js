/** The page's colours for charts drawn on a canvas, and when they change. */

const TOKENS = ["raised", "text", "muted", "line", "accent", "buy", "sell", "good", "warn", "bad", "paper"];

/** The colours as the browser computes them for its theme: {accent: "rgb(…)", …}. */
export function readColours(element) {
  const probe = element.appendChild(document.createElement("i"));
  const colours = TOKENS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours);
}

/** Calls `draw` when the theme changes: that of the machine, or the one that somebody chose. */
export function watchColours(draw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
