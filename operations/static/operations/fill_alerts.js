/**
 * A sound and a browser notification for each fill, as the person's preferences say.
 *
 * All open tabs hear of a fill. The first one that can tell the person claims it, so that they are told once.
 */

import { translate } from "../fillwatch/translate.js";
import { formatPrice, formatQuantity } from "../orders/row_text.js";
import { claimNext } from "./claims.js";

const TONES = [880, 1320]; // Hz, one after the other
const TONE_SECONDS = 0.09;
const LOUDNESS = 0.15;
const VISIBLE = "fillwatch.visible"; // the lock that each visible tab shares

const { fillSound, fillNotifications } = document.body.dataset;
export const areFillsTold = fillSound !== undefined || fillNotifications !== undefined;
let audio = null;

/** Plays two short tones. Only a page that somebody has clicked or typed into may sound. */
export function playFillSound(context) {
  for (const [index, frequency] of TONES.entries()) {
    const start = context.currentTime + index * TONE_SECONDS;
    const tone = new OscillatorNode(context, { frequency, type: "triangle" });
    const volume = new GainNode(context, { gain: LOUDNESS });
    volume.gain.setTargetAtTime(0, start + TONE_SECONDS / 2, TONE_SECONDS / 4);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 2 * TONE_SECONDS);
  }
}

function prepareSound() {
  const start = () => {
    audio ??= new AudioContext();
    audio.resume();
  };
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, start, { capture: true, passive: true });
}

/** Shares a lock while this tab is visible, so that hidden ones know that somebody looks at a page. */
function shareVisibility() {
  let release = null;
  const follow = () => {
    if (document.hidden) release = release?.();
    else if (!release) {
      const whileVisible = new Promise((resolve) => (release = () => void resolve()));
      navigator.locks?.request(VISIBLE, { mode: "shared" }, () => whileVisible);
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

async function isAnyTabVisible() {
  if (!document.hidden) return true;
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === VISIBLE);
}

function showNotification({ id, order, side, quantity, symbol, price }) {
  const [base] = symbol.split("/");
  const amount = `${formatQuantity(quantity)} ${base}`;
  const title = side === "buy" ? translate("Bought %(amount)s", { amount }) : translate("Sold %(amount)s", { amount });
  const body = translate("%(symbol)s at %(price)s", { symbol, price: formatPrice(price) });
  const options = { body, tag: `fill-${id}` };
  try {
    const notification = new Notification(title, options);
    notification.addEventListener("click", () => {
      focus();
      location.assign(`/orders/${order}/`);
    });
  } catch {
    // Chrome on phones shows only those of service workers: there, Web Push is the way.
  }
}

/** Tells the person of each fill that the stream brings. */
export function tellFills(stream) {
  const { user } = document.body.dataset;
  const claim = (kind, seq) => claimNext(`${kind} ${user} ${stream.position.epoch}`, seq);
  if (fillSound !== undefined) prepareSound();
  if (fillNotifications !== undefined) shareVisibility();
  stream.on("trade", async (fill, { seq }) => {
    if (audio?.state === "running" && (await claim("sound", seq))) playFillSound(audio);
    if (fillNotifications === undefined || globalThis.Notification?.permission !== "granted") return;
    if (!(await isAnyTabVisible()) && (await claim("notification", seq))) showNotification(fill);
  });
}
