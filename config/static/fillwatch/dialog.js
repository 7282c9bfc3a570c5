/** Buttons and questions without leaving the page; without this script they are plain forms. */

import { showFlash } from "./flash.js";
import { postForm, reportFailure, requestFragment } from "./server.js";

/** Opens a dialog with the server's HTML, below a title of its own if one is given. */
export function showDialog(dialog, html, title = "") {
  dialog.innerHTML = html;
  if (title) {
    const heading = document.createElement("h2");
    heading.id = "dialog-title";
    heading.textContent = title;
    dialog.prepend(heading);
  }
  if (!dialog.open) dialog.showModal();
}

/**
 * Sends the page's actions as scripts: links with data-ask open their question in the dialog,
 * #acts and forms with data-form are posted. `onDone` is called after each one that was accepted.
 */
export function enableActions(dialog, onDone) {
  const pending = new WeakSet(); // buttons whose request is on its way

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[data-ask], [data-close]");
    if (!link || (link.matches("[data-close]") && !dialog.open)) return;
    event.preventDefault();
    if (link.matches("[data-close]")) dialog.close();
    else openQuestion(link);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("#acts, [data-form]")) return;
    event.preventDefault();
    sendAction(form, event.submitter);
  });

  async function openQuestion(link) {
    link.closest("details")?.removeAttribute("open");
    const response = await requestFragment(link.href);
    if (await reportFailure(response)) return;
    showDialog(dialog, await response.text());
  }

  async function sendAction(form, button) {
    if (pending.has(button)) return; // a double click is one request
    const url = button?.hasAttribute("formaction") ? button.formAction : form.getAttribute("action");
    if (button) pending.add(button); // not disabled: it would lose the focus
    const response = await postForm(url, new FormData(form, button));
    pending.delete(button);
    if (isQuestion(response)) return showDialog(dialog, await response.text());
    if (await reportFailure(response)) return;
    const { kind, words } = await response.json();
    showFlash(words, "", { kind });
    if (dialog.open) dialog.close();
    onDone();
  }
}

/** Whether the server asks for a confirmation first. */
function isQuestion(response) {
  const isHtml = response?.headers.get("Content-Type")?.startsWith("text/html");
  return isHtml && response.ok && !response.redirected;
}
