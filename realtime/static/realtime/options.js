/** What a stream is told, and what it does when it is not told. */

import { addressOf, doorOf, readSnapshot, snapshotBeside } from "./addresses.js";

export function complete(options) {
  const url = addressOf(options);
  const door = options.door ?? doorOf(url);
  return {
    WebSocket: globalThis.WebSocket,
    setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
    clearTimeout: (id) => globalThis.clearTimeout(id),
    now: () => Date.now(),
    random: () => Math.random(),
    surroundings: globalThis.window ?? null,
    snapshot: door === "admin" ? null : () => readSnapshot(snapshotBeside(url), options.token),
    ...options,
    url,
    door,
  };
}
