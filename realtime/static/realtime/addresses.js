/** The addresses of the server: its sockets, and the snapshot beside them. */

export const MAIN = "all";
const buildPath = (door) => (door === MAIN ? "/ws/" : `/ws/${door}/`);

/** The absolute address of a socket; a path is on the server that this page came from. */
export function buildSocketUrl({ url, door = MAIN }) {
  const path = url ?? buildPath(door);
  const here = globalThis.location?.href;
  const address = new URL(path, here);
  address.protocol = { "http:": "ws:", "https:": "wss:" }[address.protocol] ?? address.protocol;
  return address.href;
}

/** The endpoint of an address, by the end of its path: `…/ws/` is the main one. */
export function parseDoor(url) {
  return /\/ws\/([a-z]+)\/?$/.exec(new URL(url).pathname)?.[1] ?? MAIN;
}

export function buildSnapshotUrl(url) {
  const address = new URL(url);
  address.protocol = address.protocol === "wss:" ? "https:" : "http:";
  address.pathname = address.pathname.replace(/ws\/([a-z]+\/?)?$/, "api/v1/snapshot/");
  address.search = "";
  return address.href;
}

const SNAPSHOT_MS = 15_000;

/** Reads the whole state as the user of the token, or else of this browser's cookie. */
export async function readSnapshot(address, token) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${await token()}`;
  const signal = AbortSignal.timeout(SNAPSHOT_MS);
  const response = await fetch(address, { headers, credentials: "same-origin", signal });
  if (!response.ok) throw new Error(`the snapshot cannot be read: ${response.status}`);
  return response.json();
}
