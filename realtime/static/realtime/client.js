/**
 * One user's stream of events in a browser (or in node): it connects, resumes and says when it is late.
 *
 *   import { connect } from "/static/realtime/client.js";
 *   const stream = connect({ since: { epoch, seq }, topics: ["orders"] });
 *   const off = stream.on("order_update", (order) => …);   // off() ends it
 *   stream.on("state", (state) => …);                       // for the coloured dot
 *   stream.on("snapshot", (snapshot) => …);                 // drop the old state, show this one
 *   const end = stream.watch(["binance.spot:BTC/USDT"], { intervalMs: 250 });
 *   stream.on("price_update", (price) => …);
 *
 * All options and events: client.d.ts beside this file; how to use them: docs/clients.md.
 * After any doubt (gap, reset, silence) the client asks again from its own position.
 */

import { completeOptions } from "./options.js";
import { canShareSocket, createSharedSocket } from "./shared_socket.js";
import { Stream } from "./stream.js";

export { LATE, SILENT } from "./connection.js";
export { Stream } from "./stream.js";
export { FALLBACK } from "./snapshot_fallback.js";

/** Opens a stream and keeps it open; tabs of one user and browser share one socket if they can. */
export function connect(options = {}) {
  const full = completeOptions(options);
  const isShared = !options.WebSocket && canShareSocket(full);
  return new Stream(isShared ? { ...full, WebSocket: createSharedSocket(full) } : full).start();
}
