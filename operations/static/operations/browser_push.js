/** Subscribes this browser to messages (Web Push). The button shows only where that is possible. */

import { showFlash } from "../fillwatch/flash.js";
import { translate } from "../fillwatch/translate.js";

const button = document.getElementById("subscribe");
const isPossible = "serviceWorker" in navigator && "PushManager" in window;

/** The server's key as browsers want it: bytes, from base64 for URLs. */
function decodeKey(text) {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function subscribe() {
  // By its folder: collected files have this module in another one.
  const workerUrl = new URL("../operations/push_worker.js", import.meta.url);
  const registration = await navigator.serviceWorker.register(workerUrl);
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: decodeKey(button.dataset.key),
  });
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const name = `Browser, ${new Date().toISOString().slice(0, 16).replace("T", " ")}`;
  return fetch("/api/v1/notifications/ways/", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ name, kind: "web_push", subscription: subscription.toJSON() }),
  });
}

button.hidden = !isPossible;
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const response = await subscribe();
    if (response.ok) location.reload();
    else showFlash(translate("The server refused"), `${response.status}`, { kind: "error" });
  } catch (error) {
    showFlash(translate("This browser did not subscribe"), error.message, { kind: "error" });
  } finally {
    button.disabled = false;
  }
});
