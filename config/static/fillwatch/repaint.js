/** When a page is painted again, and how a change shows. */

import { RETRY_MS } from "./retry.js";

const PAUSE_MS = 300; // a burst of events is painted once
const QUIET_MS = 400;
const FADE = { duration: 1200, easing: "ease-out" };
const reducedMotion = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)"); // tests have no page

/**
 * Returns a function that runs `paint` soon: once for a burst of events, and the earliest request
 * counts. Runs never overlap, so an older answer cannot come last. A run that resolves to false
 * is tried again, and one that fails: else nothing would ever be painted after it.
 */
export function createRepaint(paint, pause = PAUSE_MS) {
  let timer = 0;
  let dueAt = Infinity;
  let painting = Promise.resolve();
  const repaint = (delay = pause) => {
    const at = performance.now() + delay;
    if (dueAt <= at) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => {
      dueAt = Infinity;
      painting = painting
        .then(paint)
        .catch(reportError)
        .then((done) => done === false && repaint(RETRY_MS));
    }, delay);
  };
  return repaint;
}

function reportError(error) {
  globalThis.console.error(error);
  return false;
}

/**
 * Returns a function that runs `paint` at most once in `interval`, and never while nobody looks:
 * what was missed then is painted as soon as the page is visible again.
 */
export function createRareRepaint(paint, interval) {
  let paintedAt = -Infinity;
  let isMissed = false;
  const repaintSoon = createRepaint(() => {
    paintedAt = performance.now();
    return paint();
  });
  const repaint = (atLeast = interval) => {
    isMissed = document.hidden;
    if (!isMissed) repaintSoon(Math.max(QUIET_MS, paintedAt + atLeast - performance.now()));
  };
  document.addEventListener("visibilitychange", () => isMissed && repaint());
  return repaint;
}

const fades = new WeakMap(); // by element: one that changes often has one fade, not sixty

/** One short fade of what changed. */
export function highlightChange(element, duration = FADE.duration) {
  if (reducedMotion?.matches) return;
  const fade = fades.get(element);
  if (fade?.playState === "running") {
    fade.currentTime = 0;
    return;
  }
  fades.set(element, element.animate([{ backgroundColor: "var(--changed)" }, {}], { ...FADE, duration }));
}
