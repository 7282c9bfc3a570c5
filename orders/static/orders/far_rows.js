/**
 * Rows far from the window take no part in the layout of the table: with 5,000 of them each changed
 * cell would cost a tenth of a second. They stay in the document, and a row of the same height
 * keeps their place.
 */

const CHUNK = 50; // rows that come and go together
const MARGIN = "1500px"; // around the window, so that a reader who scrolls finds them painted

export class FarRows {
  constructor(root) {
    this.root = root;
    this.observer = new IntersectionObserver((entries) => this.showNear(entries), { rootMargin: MARGIN });
    let width = root.clientWidth;
    new ResizeObserver(() => {
      if (root.clientWidth !== width) this.fitWidth();
      width = root.clientWidth;
    }).observe(root);
  }

  /** Forgets the table: another takes its place. */
  forget() {
    this.observer.disconnect();
  }

  /** Adds rows at the end of the table. */
  append(table, rows) {
    for (let first = 0; first < rows.length; first += CHUNK) {
      const body = document.createElement("tbody");
      body.append(createGap(table), ...rows.slice(first, first + CHUNK));
      table.append(body);
      this.observer.observe(body);
    }
  }

  /** An observer runs after the layout of its frame: what is read first here costs nothing. */
  showNear(entries) {
    const far = entries.filter(({ isIntersecting, target }) => !isIntersecting && !isUsed(target));
    if (far.length) keepWidths(far[0].target.closest("table"));
    for (const { target, boundingClientRect } of far) leaveOut(target, boundingClientRect.height);
    for (const { target, isIntersecting } of entries) if (isIntersecting) delete target.dataset.far;
  }

  /** In another width rows have other heights, and columns others too. */
  fitWidth() {
    for (const head of this.root.querySelectorAll("thead th")) head.style.minWidth = "";
    const height = this.root.querySelector("#rows > .order")?.offsetHeight ?? 0;
    for (const body of this.root.querySelectorAll("[data-far]")) leaveOut(body, height * (body.rows.length - 1));
  }
}

/** Shows a row that is about to get the focus. */
export function showRow(row) {
  delete row.parentElement.dataset.far;
}

const isUsed = (body) => body.matches(":focus-within, :has(.chosen)");

function leaveOut(body, height) {
  body.rows[0].style.height = `${height}px`;
  body.dataset.far = "";
}

function createGap(table) {
  const gap = document.createElement("tr");
  gap.className = "gap";
  gap.setAttribute("aria-hidden", "true");
  gap.insertCell().colSpan = table.tHead.rows[0].cells.length;
  return gap;
}

/** Keeps the columns as wide as they are, or they would move with each number that leaves. */
function keepWidths(table) {
  const heads = [...table.tHead.rows[0].cells].filter((head) => !head.matches(".status")); // it takes what is left
  const widths = heads.map((head) => head.offsetWidth);
  for (const [index, head] of heads.entries()) head.style.minWidth = `${widths[index]}px`;
}
