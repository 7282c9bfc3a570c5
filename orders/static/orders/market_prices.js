/** Prices in words. Money stays a string; where two are compared, it is by their digits. */

const two = (value) => String(value).padStart(2, "0");

/** Both with as many places as the longer one, as whole numbers of the last place. */
function scaled(...values) {
  const places = Math.max(...values.map((value) => (value.split(".")[1] ?? "").length));
  const whole = (value) => {
    const [before, after = ""] = value.split(".");
    return BigInt(before + after.padEnd(places, "0"));
  };
  return { places, numbers: values.map(whole) };
}

/** Which way a price went. */
export function way(before, after) {
  const [old, fresh] = scaled(before, after).numbers;
  if (old === fresh) return "";
  return fresh > old ? "up" : "down";
}

/** What lies between the best bid and the best ask; null when one is missing. */
export function spread(bid, ask) {
  if (bid === null || ask === null) return null;
  const { places, numbers } = scaled(bid, ask);
  const gap = numbers[1] - numbers[0];
  const sign = gap < 0n ? "-" : "";
  const digits = String(gap < 0n ? -gap : gap).padStart(places + 1, "0");
  const cut = digits.length - places;
  return places ? `${sign}${digits.slice(0, cut)}.${digits.slice(cut)}` : sign + digits;
}

/** How long ago it last changed; or since when it may not be true any more. */
export function heard(at, now, stale) {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  const age = inWords(seconds);
  if (stale) return `stale, ${age} old`;
  return seconds < 2 ? "now" : `${age} ago`;
}

function inWords(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}
