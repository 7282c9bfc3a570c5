/** Whoever is signed out meanwhile signs in, and is back on this page: what was asked for is none. */

export function signIn(url) {
  const door = new URL(url);
  door.searchParams.set("next", location.pathname + location.search);
  location.assign(door);
}
