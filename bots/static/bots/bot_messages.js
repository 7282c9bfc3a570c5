/** Says what became of a bot, when its venue has confirmed it and not before. */

import { toast } from "../fillwatch/flash.js";

/** `modes` are those that the page shows, by id; each change is told once. `isMeant` says of whom. */
export function tell(stream, modes, isMeant = () => true) {
  stream.on("bot_update", ({ id, name, mode, words }) => {
    if (!isMeant(id)) return;
    const before = modes.get(id);
    modes.set(id, mode);
    if (before === mode || before === undefined) return;
    const href = `/bots/${id}/`;
    if (mode === "error") toast(`“${name}” has stopped`, words, { kind: "error", href });
    if (mode === "stopped") toast(`“${name}” has stopped`, "Its venue has confirmed that none of its orders is open.", { kind: "success", href });
  });
  stream.on("bot_deleted", ({ id }) => {
    if (modes.delete(id)) toast("The bot is gone", "None of its orders is open.", { kind: "success" });
  });
}
