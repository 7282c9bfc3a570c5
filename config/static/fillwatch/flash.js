/** What just happened, for a few seconds in a corner; read out politely by screen readers. */

const STAYS = 7000;
const MOST = 4;

const place = document.getElementById("toasts");

/**
 * @param {string} title what happened
 * @param {string} words more of it
 * @param {{kind?: string, href?: string}} more
 */
export function toast(title, words = "", { kind = "info", href } = {}) {
  const box = document.createElement(href ? "a" : "p");
  if (href) box.href = href;
  box.className = "toast";
  box.dataset.kind = kind;
  const head = document.createElement("strong");
  head.textContent = title;
  box.append(head, words);
  place.append(box);
  while (place.children.length > MOST) place.firstElementChild.remove();
  leave(box);
}

/** Goes when it was there to be seen for long enough, and nobody is reading it. */
function leave(box) {
  setTimeout(() => {
    if (document.hidden || box.matches(":hover, :focus")) leave(box);
    else box.remove();
  }, STAYS);
}

for (const box of place.children) leave(box);
