/** Times for a reader: on their own clock, with the exact UTC on hover, and as ages that count up. */

import { translate } from "./translate.js";

const MONTHS = [
  translate("Jan"), translate("Feb"), translate("Mar"), translate("Apr"), translate("May"), translate("Jun"),
  translate("Jul"), translate("Aug"), translate("Sep"), translate("Oct"), translate("Nov"), translate("Dec"),
];
const NO_CLOCK = { year: "–", month: "–", day: "–", hour: "–", minute: "–", second: "–" };
const READERS = makeFormat(globalThis.document?.body.dataset.timeZone); // tests have no page

export const padTwo = (number) => String(number).padStart(2, "0");

/** The server's clock, as far as the page's first answer told it. */
export function startServerClock(serverTime) {
  const [navigation] = performance.getEntriesByType("navigation");
  const here = performance.timeOrigin + (navigation?.responseStart ?? performance.now());
  const offset = Date.parse(serverTime) - here;
  return () => Date.now() + offset;
}

/** The clock of the reader: in the zone of their preferences, else in the browser's. */
function makeFormat(timeZone) {
  const options = {
    hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit",
    second: "2-digit",
  };
  try {
    return new Intl.DateTimeFormat("en", { ...options, timeZone: timeZone || undefined });
  } catch {
    return new Intl.DateTimeFormat("en", options); // a zone that this browser does not know yet
  }
}

/** The year, month, day, hour, minute and second of a moment on the reader's clock, as texts. */
function readClock(value) {
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return NO_CLOCK; // formatting such a date would throw
  return Object.fromEntries(READERS.formatToParts(at).map((part) => [part.type, part.value]));
}

/** 12:04:31, where the reader is. */
export function formatClock(value) {
  const at = readClock(value);
  return `${at.hour}:${at.minute}:${at.second}`;
}

/** 12:04, where the reader is. */
export function formatMinutes(value) {
  const at = readClock(value);
  return `${at.hour}:${at.minute}`;
}

let today = { second: 0, day: "" }; // formatting is slow, and each row of a table asks for it

function readToday(now) {
  const second = Math.floor(now / 1000);
  if (today.second !== second) today = { second, day: nameDay(readClock(now)) };
  return today.day;
}

const nameDay = ({ year, month, day }) => `${year} ${month} ${day}`;

export function isSameDay(value, now) {
  return nameDay(readClock(value)) === readToday(now);
}

export function formatDay(value) {
  const at = readClock(value);
  return `${at.day} ${MONTHS[at.month - 1]}`;
}

/** The time of day, with the day when that is not today. */
export function formatMoment(value, now) {
  const at = readClock(value);
  if (nameDay(at) === readToday(now)) return `${at.hour}:${at.minute}:${at.second}`;
  return `${at.day} ${MONTHS[at.month - 1]} ${at.hour}:${at.minute}`;
}

/** The time of day, or only the day when that is not today. */
export function formatDayOrTime(value, now) {
  return isSameDay(value, now) ? formatMinutes(value) : formatDay(value);
}

export function formatUtc(value) {
  return value ? `${new Date(value).toISOString().replace("T", " ").slice(0, -1)} UTC` : "";
}

/** just now, 1.8 s ago, 12 s ago, 3 min ago, 5 h ago, 2 d ago. */
export function formatAge(value, now) {
  if (!value) return translate("not yet");
  const tenths = Math.max(0, Math.floor((now - Date.parse(value)) / 100));
  const seconds = Math.floor(tenths / 10);
  if (!seconds) return translate("just now");
  if (seconds < 10) return translate("%(count)s s ago", { count: `${seconds}.${tenths % 10}` });
  if (seconds < 60) return translate("%(count)s s ago", { count: seconds });
  if (seconds < 3600) return translate("%(count)s min ago", { count: Math.floor(seconds / 60) });
  if (seconds < 86400) return translate("%(count)s h ago", { count: Math.floor(seconds / 3600) });
  return translate("%(count)s d ago", { count: Math.floor(seconds / 86400) });
}

/** Sets a text only if it differs, so that nothing is read out or painted again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts every <time data-clock> below `root` on the reader's clock. */
export function showClockTimes(root, format = formatClock) {
  for (const time of root.querySelectorAll("time[data-clock]")) time.textContent = format(time.dateTime);
}

/** Counts every <time data-age> below `root` up to now, and marks its cell where it is too old to act on. */
export function showAges(root, now) {
  for (const time of root.querySelectorAll("time[data-age]")) {
    setText(time, formatAge(time.dateTime, now()));
    const { staleAfter } = time.dataset; // seconds
    if (staleAfter) time.parentElement.classList.toggle("stale", now() - Date.parse(time.dateTime) > staleAfter * 1000);
  }
}
