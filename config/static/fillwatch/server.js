/** Requests to the server, and what a person reads when one fails. */

import { showFlash } from "./flash.js";
import { translate } from "./translate.js";

const ANSWER_MS = 30_000; // a connection that broke without a word would be waited for much longer
const SCRIPT_HEADERS = { "X-Requested-With": "fetch" };

/** Fetches, and gives up what is not there in time, headers and body. */
function fetchInTime(url, options = {}) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ANSWER_MS);
  return fetch(url, { ...options, signal: controller.signal });
}

/** Sends a request as a script; null when there was no answer. */
export function requestFragment(url) {
  return fetchInTime(url, { headers: SCRIPT_HEADERS }).catch(() => null);
}

/** The server's HTML for a part of the page, or null when there is none, or the page is being left. */
export async function fetchPart(url) {
  const response = await requestFragment(url);
  if (!response?.ok || response.redirected) return null;
  return response.text().catch(() => null);
}

/** Posts a form; null when there was no answer. */
export function postForm(url, body = new FormData(), options = {}) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { ...SCRIPT_HEADERS, "X-CSRFToken": token };
  return fetch(url, { method: "POST", body, headers, ...options }).catch(() => null);
}

/**
 * The page as the server paints it now, or null when it cannot say and should be asked again.
 * A page that is gone, or that asks to sign in, is an empty document.
 */
export async function fetchPage(url = location.href) {
  try {
    const response = await fetchInTime(url);
    if (response.status >= 500) return null;
    const html = response.ok && !response.redirected ? await response.text() : "";
    return new DOMParser().parseFromString(html, "text/html");
  } catch {
    return null; // the connection state shows that the server is away
  }
}

/** Goes to the sign-in page, and comes back to this one: the request itself is not repeated. */
function goToSignIn(url) {
  const target = new URL(url);
  target.searchParams.set("next", location.pathname + location.search);
  location.assign(target);
}

/** Tells the person why a request failed. Returns whether it did: no answer, signed out, or refused. */
export async function reportFailure(response) {
  if (!response) {
    const text = translate("Whether the request arrived shows here as soon as the page is live again.");
    showFlash(translate("The server did not answer"), text, { kind: "error" });
  } else if (response.redirected) {
    goToSignIn(response.url);
  } else if (response.status === 409) {
    const { words, detail } = await response.json();
    showFlash(words ?? detail, "", { kind: "error" });
  } else if (!response.ok) {
    const text = translate("Nothing was done. Reload the page and try again.");
    showFlash(translate("The server refused (%(status)s)", { status: response.status }), text, { kind: "error" });
  } else {
    return false;
  }
  return true;
}
