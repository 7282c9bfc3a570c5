/** A long list goes on by itself: the next page is added below before the reader is there. */

import { fetchPart } from "../fillwatch/server.js";

const AHEAD = "1200px"; // how far below the window the next page is asked for
const MOST_ROWS = 5000; // each takes memory; then the link is an ordinary one, to a page of its own

/** Returns the function that looks for the link to the next page, after each painting of the list. */
export function followMore(table) {
  let isAsking = false;
  const observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) loadMore();
  }, { rootMargin: AHEAD });

  const findLink = () => table.root.querySelector("[data-more]");

  async function loadMore() {
    const link = findLink();
    if (!link || isAsking || table.rows.size >= MOST_ROWS) return;
    isAsking = true;
    const html = await fetchPart(link.href);
    isAsking = false;
    if (html === null || !link.isConnected) return watch(); // another list is shown by now
    const part = new DOMParser().parseFromString(html, "text/html").getElementById("listing");
    const next = part?.querySelector("[data-more]")?.closest(".more");
    if (next) link.closest(".more").replaceWith(next);
    else link.closest(".more").remove();
    if (part) table.appendPage(part);
    watch();
  }

  /** An observer reports once when it begins, so also where the link is in sight already. */
  function watch() {
    observer.disconnect();
    const link = findLink();
    if (link && table.rows.size < MOST_ROWS) observer.observe(link);
  }

  watch();
  return watch;
}
