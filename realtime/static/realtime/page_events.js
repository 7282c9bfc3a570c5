/** Events of a page: its network goes and comes, it is looked at, put away and taken out. */

/** Calls the function of each event; returns the function that ends it. */
export function followPage(page, { onOnline, onOffline, onSeen, onHide, onRestore }) {
  if (!page?.addEventListener) return () => {};
  const { document } = page;
  const listeners = [
    [page, "online", onOnline],
    [page, "offline", onOffline],
    [page, "pagehide", onHide],
    [page, "pageshow", (event) => event.persisted && onRestore()],
    [document, "visibilitychange", () => document.visibilityState === "visible" && onSeen()],
    [document, "resume", onSeen],
  ];
  for (const [target, name, run] of listeners) target?.addEventListener(name, run);
  return () => {
    for (const [target, name, run] of listeners) target?.removeEventListener(name, run);
  };
}

export const isOffline = (page) => page?.navigator?.onLine === false;
