/** Sound and notifications on the page of preferences: try the one, allow the other in this browser. */

import { playFillSound } from "./fill_alerts.js";

const choice = document.querySelector("[name=fill_notifications]");
const box = document.getElementById("fill-alerts");
const allow = box.querySelector("[data-act=allow]");

function showPermission() {
  const permission = globalThis.Notification?.permission ?? "missing";
  for (const text of box.querySelectorAll("[data-permission]")) text.hidden = text.dataset.permission !== permission;
  allow.hidden = permission !== "default";
}

/** Asks the person, who has just clicked: browsers refuse to ask otherwise. */
async function askPermission() {
  await globalThis.Notification?.requestPermission();
  showPermission();
}

choice.addEventListener("change", () => choice.checked && askPermission());
allow.addEventListener("click", askPermission);
box.querySelector("[data-act=play]").addEventListener("click", async () => {
  const audio = new AudioContext();
  await audio.resume();
  playFillSound(audio);
});
showPermission();
box.hidden = false;
