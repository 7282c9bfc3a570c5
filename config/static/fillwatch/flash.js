/** Flash messages: what just happened, for a few seconds in a corner, read out by screen readers. */

const VISIBLE_MS = 7000;
const MOST = 4;

const container = document.getElementById("toasts");

/**
 * @param {string} title what happened
 * @param {string} text more of it
 * @param {{kind?: string, href?: string}} options
 */
export function showFlash(title, text = "", { kind = "info", href } = {}) {
  const box = document.createElement(href ? "a" : "p");
  if (href) box.href = href;
  box.className = "toast";
  box.dataset.kind = kind;
  const heading = document.createElement("strong");
  heading.textContent = title;
  box.append(heading, text);
  container.append(box);
  while (container.children.length > MOST) container.firstElementChild.remove();
  removeLater(box);
}

/** Waits longer while the page is hidden or somebody is reading the message. */
function removeLater(box) {
  setTimeout(() => {
    if (document.hidden || box.matches(":hover, :focus")) removeLater(box);
    else box.remove();
  }, VISIBLE_MS);
}

for (const box of container.children) removeLater(box); // those that the server has painted
