/** Times for a reader: on their own clock, with the exact UTC on hover, and as ages that count up. */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export const padTwo = (number) => String(number).padStart(2, "0");

/** The server's clock, as far as the page's first answer told it. */
export function startServerClock(serverTime) {
  const [navigation] = performance.getEntriesByType("navigation");
  const here = performance.timeOrigin + (navigation?.responseStart ?? performance.now());
  const offset = Date.parse(serverTime) - here;
  return () => Date.now() + offset;
}

/** 12:04:31, where the reader is. */
export function formatClock(value) {
  const at = new Date(value);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(padTwo).join(":");
}

/** 12:04, where the reader is. */
export function formatMinutes(value) {
  const at = new Date(value);
  return `${padTwo(at.getHours())}:${padTwo(at.getMinutes())}`;
}

export function isSameDay(value, now) {
  return new Date(value).toDateString() === new Date(now).toDateString();
}

function formatDay(value) {
  const at = new Date(value);
  return `${at.getDate()} ${MONTHS[at.getMonth()]}`;
}

/** The time of day, with the day when that is not today. */
export function formatMoment(value, now) {
  return isSameDay(value, now) ? formatClock(value) : `${formatDay(value)} ${formatMinutes(value)}`;
}

/** The time of day, or only the day when that is not today. */
export function formatDayOrTime(value, now) {
  return isSameDay(value, now) ? formatMinutes(value) : formatDay(value);
}

export function formatUtc(value) {
  return value ? `${new Date(value).toISOString().replace("T", " ").slice(0, -1)} UTC` : "";
}

/** 0.8 s ago, 12 s ago, 3 min ago, 5 h ago, 2 d ago. */
export function formatAge(value, now) {
  if (!value) return "not yet";
  const tenths = Math.max(0, Math.floor((now - Date.parse(value)) / 100));
  const seconds = Math.floor(tenths / 10);
  if (seconds < 10) return `${seconds}.${tenths % 10} s ago`;
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

/** Sets a text only if it differs, so that nothing is read out or painted again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts every <time data-clock> below `root` on the reader's clock. */
export function showClockTimes(root, format = formatClock) {
  for (const time of root.querySelectorAll("time[data-clock]")) time.textContent = format(time.dateTime);
}

/** Counts every <time data-age> below `root` up to now. */
export function showAges(root, now) {
  for (const time of root.querySelectorAll("time[data-age]")) setText(time, formatAge(time.dateTime, now()));
}
