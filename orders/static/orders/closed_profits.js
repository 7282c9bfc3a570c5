/** The profit that orders closed, while that column is shown: the server counts it soon after each fill. */

import { createRareRepaint } from "../fillwatch/repaint.js";
import { isUnanswered } from "../fillwatch/retry.js";
import { requestFragment } from "../fillwatch/server.js";
import { setText } from "../fillwatch/time.js";

const INTERVAL_MS = 2000; // however many orders are filled: one request in this time
const MOST = 100; // orders in one request
const TRIES = 5; // some fills can only be counted when their venue has said more of them

/** Returns the function that asks for the profit of these orders, if they are shown with it. */
export function followProfits(table) {
  const wanted = new Map(); // how often each is still asked for

  const ask = createRareRepaint(async () => {
    const ids = [...wanted.keys()].slice(0, MOST);
    if (!ids.length) return true;
    const response = await requestFragment(`/orders/profits/?${new URLSearchParams(ids.map((id) => ["id", id]))}`);
    if (isUnanswered(response)) return false;
    if (!response.ok || response.redirected) return true;
    const { profits, waiting } = await response.json();
    for (const id of ids) {
      const left = wanted.get(id) - 1;
      wanted.delete(id); // to the end of the map
      if (left && waiting.includes(id)) wanted.set(id, left);
      const cell = table.rows.get(id)?.querySelector(".profit");
      if (cell) setText(cell, profits[id] ?? "");
    }
    if (wanted.size) ask();
    return true;
  }, INTERVAL_MS);

  return (ids) => {
    if (!table.table?.dataset.columns.split(" ").includes("profit")) return;
    for (const id of ids) if (table.rows.has(id)) wanted.set(id, TRIES);
    if (wanted.size) ask();
  };
}
