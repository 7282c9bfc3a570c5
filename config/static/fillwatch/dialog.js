/** Buttons and questions without leaving the page; without this script they are plain forms. */

import { signIn } from "./sign_in.js";
import { toast } from "./flash.js";

const SCRIPT = { "X-Requested-With": "fetch" };

const asked = new WeakSet(); // buttons whose wish is on its way

/** Livens every act on the page; `done` is called when one was passed on. */
export function ask(dialog, done) {
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[data-ask], [data-close]");
    if (!link || (link.matches("[data-close]") && !dialog.open)) return;
    event.preventDefault();
    if (link.matches("[data-close]")) dialog.close();
    else open(link);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("#acts, [data-form]")) return;
    event.preventDefault();
    send(form, event.submitter);
  });

  async function open(link) {
    link.closest("details")?.removeAttribute("open");
    const answer = await fetch(link.href, { headers: SCRIPT }).catch(() => null);
    if (await troubled(answer)) return;
    show(await answer.text());
  }

  async function send(form, button) {
    if (asked.has(button)) return; // two clicks are one wish
    const address = button?.hasAttribute("formaction") ? button.formAction : form.getAttribute("action");
    const body = new FormData(form, button);
    if (button) asked.add(button); // and not disabled: it would lose the focus
    const answer = await fetch(address, { method: "POST", body, headers: SCRIPT }).catch(() => null);
    asked.delete(button);
    if (answer?.headers.get("Content-Type")?.startsWith("text/html") && answer.ok && !answer.redirected) {
      return show(await answer.text()); // it asks back
    }
    if (await troubled(answer)) return;
    const { kind, words } = await answer.json();
    toast(words, "", { kind });
    if (dialog.open) dialog.close();
    done();
  }

  function show(html) {
    dialog.innerHTML = html;
    if (!dialog.open) dialog.showModal();
  }
}

/** Says why nothing came of it, if so: no answer, signed out meanwhile, or refused. */
async function troubled(answer) {
  if (!answer) {
    const words = "Whether the wish arrived shows here as soon as the page is live again.";
    toast("The server did not answer", words, { kind: "error" });
  } else if (answer.redirected) signIn(answer.url);
  else if (answer.status === 409) toast((await answer.json()).words, "", { kind: "error" });
  else if (!answer.ok) {
    toast(`The server refused (${answer.status})`, "Nothing was done. Reload the page and try again.", { kind: "error" });
  } else return false;
  return true;
}
