/** Times as the reader's own clock shows them; what the server painted in UTC stays on hover. */

const two = (value) => String(value).padStart(2, "0");

export function clock(at) {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
}

/** Every <time data-clock> below a place. */
export function localTimes(place) {
  for (const time of place.querySelectorAll("time[data-clock]")) time.textContent = clock(time.dateTime);
}
