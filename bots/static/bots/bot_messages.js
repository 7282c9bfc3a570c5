/** Flash messages about bots, once their venue has confirmed it and not before. */

import { showFlash } from "../fillwatch/flash.js";
import { translate } from "../fillwatch/translate.js";

/** `modes` holds the shown modes by bot id; each change is announced once, for ids that `isShown`. */
export function announceModes(stream, modes, isShown = () => true) {
  stream.on("bot_update", ({ id, name, mode, words }) => {
    if (!isShown(id)) return;
    const before = modes.get(id);
    modes.set(id, mode);
    if (before === mode || before === undefined) return;
    const title = translate("“%(name)s” has stopped", { name });
    const href = `/bots/${id}/`;
    if (mode === "error") showFlash(title, words, { kind: "error", href });
    if (mode === "stopped") {
      const text = translate("Its venue has confirmed that none of its orders is open.");
      showFlash(title, text, { kind: "success", href });
    }
  });
  stream.on("bot_deleted", ({ id }) => {
    if (!modes.delete(id)) return;
    showFlash(translate("The bot is deleted"), translate("None of its orders is open."), { kind: "success" });
  });
}
