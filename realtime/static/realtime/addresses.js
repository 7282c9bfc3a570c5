/** Where the server is: its doors, and the snapshot beside them. */

export const MAIN = "all";
const pathOf = (door) => (door === MAIN ? "/ws/" : `/ws/${door}/`);

/** The address of a socket, absolute; a path is one of the server that this page came from. */
export function addressOf({ url, door = MAIN }) {
  const wanted = url ?? pathOf(door);
  const here = globalThis.location?.href;
  const address = new URL(wanted, here);
  address.protocol = { "http:": "ws:", "https:": "wss:" }[address.protocol] ?? address.protocol;
  return address.href;
}

/** Which door an address leads to, by its last words: `…/ws/` is the main one. */
export function doorOf(url) {
  return /\/ws\/([a-z]+)\/?$/.exec(new URL(url).pathname)?.[1] ?? MAIN;
}

export function snapshotBeside(url) {
  const address = new URL(url);
  address.protocol = address.protocol === "wss:" ? "https:" : "http:";
  address.pathname = address.pathname.replace(/ws\/([a-z]+\/?)?$/, "api/v1/snapshot/");
  address.search = "";
  return address.href;
}

const SNAPSHOT_MS = 15_000;

/** Reads the whole state, as who has this token, or as whose cookie this browser has. */
export async function readSnapshot(address, token) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${await token()}`;
  const signal = AbortSignal.timeout(SNAPSHOT_MS);
  const answer = await fetch(address, { headers, credentials: "same-origin", signal });
  if (!answer.ok) throw new Error(`the snapshot cannot be read: ${answer.status}`);
  return answer.json();
}
