/** The topic of each event type, as in realtime/frames.py; a test compares the two. */

export const TOPICS = {
  order_update: "orders",
  order_filled: "orders",
  trade: "orders",
  key_update: "keys",
  key_deleted: "keys",
  key_shared: "keys",
  key_unshared: "keys",
  balance_update: "balances",
  position_update: "positions",
  bot_created: "bots",
  bot_update: "bots",
  bot_deleted: "bots",
  pnl_update: "bots",
  log_created: "logs",
  signal: "signals",
  notification: "notifications",
  alert: "alerts",
  system: "system",
  orders_checked: "orders",
  stream_state: "keys",
  venue_state: "keys",
  delay_update: "system",
  leverage_set: "keys",
  admin_message: "operations",
  health_update: "operations",
  job_update: "operations",
  price_update: "prices",
  book_update: "books",
};

/** Types that belong to instruments, not to a user. */
export const MARKET = new Set(["price_update", "book_update"]);

/** Types about the socket itself, not events. Only our own worker sends `line`. */
export const CONTROL = new Set([
  ...["hello", "ready", "live", "reset", "watching", "ping", "pong"],
  ...["auth_expiring", "bye", "error", "line"],
]);
