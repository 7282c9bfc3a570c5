/** The options of a stream with their defaults. */

import { buildSocketUrl, parseDoor, readSnapshot, buildSnapshotUrl } from "./addresses.js";

export function completeOptions(options) {
  const url = buildSocketUrl(options);
  const door = options.door ?? parseDoor(url);
  return {
    WebSocket: globalThis.WebSocket,
    setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
    clearTimeout: (id) => globalThis.clearTimeout(id),
    now: () => Date.now(),
    random: () => Math.random(),
    surroundings: globalThis.window ?? null,
    snapshot: door === "admin" ? null : () => readSnapshot(buildSnapshotUrl(url), options.token),
    ...options,
    url,
    door,
  };
}
