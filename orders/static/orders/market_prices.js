/** Prices and their age. Money stays a string; where two prices are compared, it is by their digits. */

import { padTwo } from "../fillwatch/time.js";
import { translate } from "../fillwatch/translate.js";

/** All values with as many decimals as the longest, as whole numbers of the last decimal. */
function scaleValues(...values) {
  const decimals = Math.max(...values.map((value) => (value.split(".")[1] ?? "").length));
  const scale = (value) => {
    const [whole, rest = ""] = value.split(".");
    return BigInt(whole + rest.padEnd(decimals, "0"));
  };
  return { decimals, numbers: values.map(scale) };
}

/** Which way a price went: "up", "down" or "". */
export function comparePrices(before, after) {
  const [old, fresh] = scaleValues(before, after).numbers;
  if (old === fresh) return "";
  return fresh > old ? "up" : "down";
}

/** What lies between the best bid and the best ask; null when one is missing. */
export function computeSpread(bid, ask) {
  if (bid === null || ask === null) return null;
  const { decimals, numbers } = scaleValues(bid, ask);
  const gap = numbers[1] - numbers[0];
  const sign = gap < 0n ? "-" : "";
  const digits = String(gap < 0n ? -gap : gap).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return decimals ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}` : sign + digits;
}

/** How long ago a price changed; or how old it is when it may not be true any more. */
export function describePriceAge(at, now, isStale) {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  const age = formatDuration(seconds);
  if (isStale) return translate("stale, %(age)s old", { age });
  return seconds < 2 ? translate("now") : translate("%(age)s ago", { age });
}

function formatDuration(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${padTwo(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${padTwo(Math.floor((seconds % 3600) / 60))} min`;
}
