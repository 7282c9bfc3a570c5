/** What a page lives through: networks that go and come, a look at it, being put away and taken out. */

/** Calls back, online, seen, gone, away and shown; returns the way to stop. */
export function follow(place, { back, gone, seen, away, shown }) {
  if (!place?.addEventListener) return () => {};
  const page = place.document;
  const listeners = [
    [place, "online", back],
    [place, "offline", gone],
    [place, "pagehide", away],
    [place, "pageshow", (event) => event.persisted && shown()],
    [page, "visibilitychange", () => page.visibilityState === "visible" && seen()],
    [page, "resume", seen],
  ];
  for (const [target, name, run] of listeners) target?.addEventListener(name, run);
  return () => {
    for (const [target, name, run] of listeners) target?.removeEventListener(name, run);
  };
}

export const isOffline = (place) => place?.navigator?.onLine === false;
