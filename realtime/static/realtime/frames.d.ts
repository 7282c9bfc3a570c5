// Every frame of the sockets, made from realtime/shapes/ and realtime/socket/control_frames.py.
// Written by `manage.py frames --write`: do not edit.

/** A decimal number as a string, with every digit: never read it into a float. */
export type Money = string;

/** ISO 8601 in UTC, such as 2026-11-21T09:30:00.000000Z. */
export type Time = string;

/** A market: binance.spot:BTC/USDT, or simulated binance.spot.paper:BTC/USDT. */
export type Instrument = string;

export type Topic =
  | "orders"
  | "keys"
  | "balances"
  | "positions"
  | "bots"
  | "signals"
  | "logs"
  | "notifications"
  | "alerts"
  | "system"
  | "prices"
  | "books"
  | "operations";

/** An instruction: see the table of close codes. */
export type CloseCode =
  | 4000
  | 4001
  | 4002
  | 4003
  | 4005
  | 4006
  | 4100
  | 4101
  | 4102
  | 4500
  | 4501
  | 4502
  | 4503
  | 4504;

/** The absolute state of an order; a higher version replaces a lower one. */
export interface OrderData {
  /** its number, the same as in the API */
  id: number;
  /** which state of it this is; a higher one replaces a lower one */
  version: number;
  /** the exchange key it belongs to */
  key: number;
  /** that key's name */
  key_label: string;
  /** the exchange, such as binance */
  venue: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the bot that placed it; null when a person did */
  bot: number | null;
  /** that bot's name */
  bot_name: string | null;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** what is done */
  side: "buy" | "sell";
  /** limit, market, stop_loss, take_profit, trailing_stop, oco, or the venue's name */
  type: string;
  /** how long it may wait: GTC, IOC, FOK, PO for post only, or GTD */
  time_in_force: string;
  /** its limit; null when it has none */
  price: Money | null;
  /** the price that wakes it */
  trigger_price: Money | null;
  /** the price that takes profit, of an oco whose trigger stops the loss */
  take_profit_price: Money | null;
  /** how far its trigger follows the price */
  trailing_percent: Money | null;
  /** when a GTD order expires */
  good_till: Time | null;
  /** whether it may only make a position smaller */
  reduce_only: boolean;
  /** net, or which of a hedged account's two; null on spot and if not known */
  position_side: "net" | "long" | "short" | null;
  /** whether it is for all of a position, whose size is its quantity then */
  closes_position: boolean;
  /** the orders that it belongs to; null when it stands alone */
  group: OrderGroupData | null;
  /** the leverage it was placed with; null on spot markets */
  leverage: number | null;
  /** how many units it is for; once filled, as many as its venue calls all of it; of an order for an amount of money, as many as are filled so far */
  quantity: Money;
  /** what it shall spend, or bring, if it is sized by that; else null */
  quote_amount: Money | null;
  /** how many of them were executed */
  filled: Money;
  /** how many were not */
  remaining: Money;
  /** what a unit cost on average; null until something was executed */
  average_price: Money | null;
  /** what the executed units cost together, in the quote currency */
  cost: Money;
  /** what was charged, by currency */
  fees: Record<string, Money>;
  /** a part's fee is not known yet, so what was earned is provisional */
  lacks_fees: boolean;
  /** where it stands; the last five are ends */
  status:
    | "pending"
    | "new"
    | "partially_filled"
    | "unknown"
    | "filled"
    | "canceled"
    | "expired"
    | "rejected"
    | "denied";
  /** whether it was placed here or at the exchange */
  origin: "fillwatch" | "external";
  /** the name we gave it, for the venue to repeat */
  client_order_id: string;
  /** the venue's own name for it; null until the venue has answered */
  exchange_order_id: string | null;
  /** the user name of the member who placed it with a shared key; else null */
  placed_by: string | null;
  /** whether its end was asked for and is not confirmed yet */
  cancel_requested: boolean;
  /** the price that was asked for and is not confirmed yet; null without such */
  amend_price: Money | null;
  /** the amount that was asked for, together with such a price */
  amend_quantity: Money | null;
  /** the trigger price that was asked for and is not confirmed yet */
  amend_trigger_price: Money | null;
  /** when it was made */
  created_at: Time;
  /** when it was sent to the venue */
  submitted_at: Time | null;
  /** when it was last compared with the venue */
  checked_at: Time | null;
  /** when it ended */
  ended_at: Time | null;
  /** who ended it; empty while it is open */
  ended_by: string;
  /** why, in words */
  ended_reason: string;
}

/** The group that an order belongs to: an entry with its exits, or two exits. */
export interface OrderGroupData {
  /** our number of it; null when it was placed at the exchange */
  id: number | null;
  /** the venue's own id of orders that belong together; null when it has none */
  venue_id: string | null;
  /** bracket, an entry with its exits, or oco, two exits of which one ends the other */
  kind: "bracket" | "oco" | null;
  /** what this order is in it */
  role: "entry" | "take_profit" | "stop_loss" | null;
  /** waiting for its entry, active, unprotected: an exit is missing, canceling, done */
  state: "waiting" | "active" | "unprotected" | "canceling" | "done" | null;
  /** what to know about that state, such as which exit is missing and why */
  note: string;
}

/** One executed part of an order. */
export interface TradeData {
  /** its number, the same as in the API */
  id: number;
  /** the order that was executed in part */
  order: number;
  /** the exchange key it belongs to */
  key: number;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** what is done */
  side: "buy" | "sell";
  /** the venue's own name for it */
  trade_id: string;
  /** the price of one unit */
  price: Money;
  /** how many units */
  quantity: Money;
  /** what was charged for it; null as long as the venue has not said */
  fee: Money | null;
  /** in which currency */
  fee_currency: string | null;
  /** whether the order had waited in the book; null if the venue does not say */
  is_maker: boolean | null;
  /** when, by the venue's clock */
  executed_at: Time;
}

/** An exchange key as its owner may see it. */
export interface KeyData {
  /** its number, the same as in the API */
  id: number;
  /** its name, as its owner chose it */
  label: string;
  /** the exchange, such as binance */
  venue: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** whether it is used; switched off, nothing is asked or sent with it */
  is_active: boolean;
  /** what went wrong last, in words; empty when nothing did */
  last_error: string;
  /** when it was last tried */
  last_checked_at: Time | null;
  /** what the venue lets it do: read, trade, and so on */
  permissions: string[];
  /** one position of a contract, or a long and a short one; null on spot, and of futures until it was read */
  position_mode: "one_way" | "hedge" | null;
}

/** An exchange key that its owner removed. */
export interface KeyGoneData {
  /** its number, the same as in the API */
  id: number;
}

/** A key of another user that is shared with this one. */
export interface SharedKeyData {
  /** its number, the same as in the API */
  id: number;
  /** its name, as its owner chose it */
  label: string;
  /** the user name of its owner */
  owner: string;
  /** viewer: may see it; trader: may trade with it too */
  role: "viewer" | "trader";
  /** the exchange, such as binance */
  venue: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** whether it is used; switched off, nothing is asked or sent with it */
  is_active: boolean;
}

/** A key's balance of one currency; nothing is left when free, held and total are 0. */
export interface BalanceData {
  /** the exchange key it belongs to */
  key: number;
  /** that key's name */
  key_label: string;
  /** the exchange, such as binance */
  venue: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the currency's code */
  currency: string;
  /** what new orders can use; of futures also what open positions have won or lost */
  free: Money;
  /** what open orders hold back, and the margin of open positions */
  held: Money;
  /** the wallet, without the unrealised profit of open positions; of spot it is free and held together */
  total: Money;
  /** which state of it this is; a higher one replaces a lower one */
  version: number;
  /** when it changed last */
  changed_at: Time;
}

/** A key's position in one futures symbol; a quantity below zero is short, zero is closed. */
export interface PositionData {
  /** the exchange key it belongs to */
  key: number;
  /** that key's name */
  key_label: string;
  /** the exchange, such as binance */
  venue: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** net, or one of the two that a hedged key has */
  side: "net" | "long" | "short";
  /** how many units; below zero is short, 0 is closed */
  quantity: Money;
  /** what a unit cost on average */
  entry_price: Money | null;
  /** the price it is valued at: the venue's mark, or the last price traded since */
  mark_price: Money | null;
  /** when that was the price: the age of unrealised */
  mark_at: Time | null;
  /** where the venue would end it */
  liquidation_price: Money | null;
  /** what ending it at the mark price would bring, before fees */
  unrealised: Money | null;
  /** how many times the margin is multiplied */
  leverage: Money | null;
  /** cross or isolated */
  margin_mode: string | null;
  /** which state of it this is; a higher one replaces a lower one */
  version: number;
  /** when it changed last */
  changed_at: Time;
}

/** A strategy at work, and what it is allowed to do. */
export interface BotData {
  /** its number, the same as in the API */
  id: number;
  /** which state of it this is; a higher one replaces a lower one */
  version: number;
  /** its name, as its owner chose it */
  name: string;
  /** the exchange key it belongs to */
  key: number;
  /** the exchange, such as binance */
  venue: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** the name of what it does */
  strategy: string;
  /** the strategy's own settings */
  settings: Record<string, string | number | boolean | null>;
  /** it looks at its market at least so often */
  check_seconds: number;
  /** it may bind so much of the quote currency; null: no limit of its own */
  budget: Money | null;
  /** it may have so many open orders */
  most_orders: number;
  /** it may hold so much, or be short of it; null: no limit of its own */
  most_held: Money | null;
  /** having lost so much in a day (UTC) it stops; null: it does not */
  daily_loss: Money | null;
  /** orders worth this are checked first; null: as its owner has set */
  high_value: Money | null;
  /** whether it works; stopping until its venue has confirmed the end of every order */
  mode: "stopped" | "running" | "stopping" | "error";
  /** what it does now, or what went wrong */
  words: string;
  /** what becomes of it once it has stopped; empty: nothing more */
  then: "" | "start" | "delete" | "error";
  /** how often it was started */
  run: number;
  /** signals use it unless they name another */
  is_default: boolean;
  /** when it was made */
  created_at: Time;
  /** when it changed last */
  changed_at: Time;
}

/** A bot that its owner removed. */
export interface BotGoneData {
  /** its number, the same as in the API */
  id: number;
}

/** A bot's earnings from its fills, in one quote currency; a later one replaces it. */
export interface PnlData {
  /** the bot that earned it */
  bot: number;
  /** the exchange key it belongs to */
  key: number;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** the quote currency it is counted in */
  currency: string;
  /** what closed trades brought before fees */
  gross: Money;
  /** what was paid for them, in the quote currency */
  fees: Money;
  /** gross less fees */
  net: Money;
  /** what is still held; below zero is sold short */
  held: Money;
  /** what that was bought for; with a price, it says what closing it would bring */
  cost: Money;
  /** a fee is not known in this currency yet */
  provisional: boolean;
  /** when its last part was executed */
  as_of: Time | null;
}

/** One line of the activity log: what was done, and why. */
export interface LogData {
  /** its number, the same as in the API */
  id: number;
  /** how much it matters */
  level: "info" | "success" | "warning" | "error";
  /** the bot it belongs to, if any */
  bot: number | null;
  /** the order it is about, if any */
  order: number | null;
  /** what was done, and why */
  message: string;
  /** particulars, by name */
  details: Record<string, string>;
  /** when it was made */
  created_at: Time;
}

/** A signal from outside, and its outcome for this user. */
export interface SignalData {
  /** its number, the same as in the API */
  id: number;
  /** who sent it */
  source: string;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** what it wishes for */
  side: "buy" | "sell" | "long" | "short" | "close";
  /** the price it named, if any */
  price: Money | null;
  /** what it said */
  message: string;
  /** where it stands */
  status: "pending" | "executed" | "failed" | "ignored" | "expired";
  /** what became of it */
  words: string;
  /** the order it led to, if any */
  order: number | null;
  /** when it came */
  received_at: Time;
  /** when it was no longer pending */
  settled_at: Time | null;
}

/** Something to read, once; a later one with the same id replaces it. A dismissed one leaves the list. */
export interface NotificationData {
  /** its number, the same as in the API */
  id: number;
  /** which kind of message it is */
  category:
    | "fills"
    | "orders"
    | "bots"
    | "keys"
    | "alerts"
    | "signals"
    | "security"
    | "reports"
    | "operations";
  /** how much it matters */
  level: "info" | "success" | "warning" | "error";
  /** a few words for a heading */
  title: string;
  /** the same in words */
  message: string;
  /** where to look, on this site; empty when nowhere */
  link: string;
  /** when it was made */
  created_at: Time;
  /** when it was read; null until then */
  read_at: Time | null;
  /** when its owner took it off the list; null until then */
  dismissed_at: Time | null;
}

/** Something that is wrong until it ends; one alert of a name is open at a time. */
export interface AlertData {
  /** its number, the same as in the API */
  id: number;
  /** which trouble it is; only one alert of a name is open at a time */
  name: string;
  /** how much it matters */
  level: "warning" | "critical";
  /** a few words for a heading */
  title: string;
  /** the same in words */
  message: string;
  /** where to look, on this site; empty when nowhere */
  link: string;
  /** the rule that raised it; null: Fillwatch itself watches for this trouble */
  rule: number | null;
  /** since when it is wrong */
  began_at: Time;
  /** when it was read; null until then */
  read_at: Time | null;
  /** when somebody said that they take care of it; null until then */
  acknowledged_at: Time | null;
  /** that person's user name; empty until then */
  acknowledged_by: string;
  /** what that person noted */
  note: string;
  /** when it ended; null as long as it lasts */
  ended_at: Time | null;
  /** who ended it by hand; empty when it ended by itself */
  ended_by: string;
}

/** Words of the operators to everybody. */
export interface SystemData {
  /** its number, the same as in the API */
  id: number;
  /** how much it matters */
  level: "info" | "success" | "warning" | "error";
  /** a few words for a heading */
  title: string;
  /** the same in words */
  message: string;
  /** when they said it */
  sent_at: Time;
}

/** Orders that were compared with the venue at this time, changed or not. */
export interface OrdersCheckedData {
  /** their ids */
  orders: number[];
  /** when it was last compared with the venue */
  checked_at: Time;
}

/** The state of a key's own stream. */
export interface StreamData {
  /** the exchange key it belongs to */
  key: number;
  /** idle: not wanted; waiting: tried again soon; refused: the venue will not have the key; polled: this venue is asked instead */
  state: "idle" | "connecting" | "live" | "waiting" | "refused" | "polled";
  /** since when it is open */
  connected_since: Time | null;
  /** when the venue said something last */
  last_message_at: Time | null;
  /** when all was last compared with the venue */
  last_reconcile_at: Time | null;
  /** how often it was opened anew */
  restarts: number;
  /** what went wrong last, in words; empty when nothing did */
  last_error: string;
}

/** The state of a venue: if it may be asked, and until when it is left alone. */
export interface VenueData {
  /** the exchange, such as binance */
  venue: string;
  /** its name for people */
  label: string;
  /** spot or futures */
  market: string;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** open: it may be asked; frozen: it told us to wait; resting: it answers nobody */
  state: "open" | "frozen" | "resting";
  /** until when it is left alone */
  until: Time | null;
  /** the same in words for people */
  words: string;
}

/** Something between a user's sockets and their venues that does not keep up. */
export interface DelayData {
  /** what may be late */
  about: string;
  /** whether it is */
  late: boolean;
  /** since when */
  since: Time | null;
  /** the same in words for people */
  words: string;
}

/** The outcome of a request for another leverage of one symbol. */
export interface LeverageSetData {
  /** the exchange key it belongs to */
  key: number;
  /** the market's name, such as BTC/USDT or BTC/USDT:USDT */
  symbol: string;
  /** the leverage that was wished for */
  leverage: number;
  /** cross or isolated */
  margin_mode: string;
  /** whether the venue agreed */
  ok: boolean;
  /** what the venue said */
  message: string;
}

/** An operator's action on users or their sockets, for the other operators. */
export interface AdminMessageData {
  /** the operator's name */
  by: string;
  /** what was done */
  action: string;
  /** to whom or what */
  target: string;
  /** the same in words for people */
  words: string;
  /** when */
  at: Time;
}

/** The health of a service of the installation. */
export interface HealthData {
  /** its name */
  service: string;
  /** where it stands */
  status: "healthy" | "degraded" | "down";
  /** why */
  reason: string;
  /** what to do */
  remedy: string;
  /** how long its answer took; null if there is none */
  response_ms: number | null;
  /** when this was so */
  at: Time;
}

/** A job of the timetable that changed, or the progress of another job of the operators. */
export interface JobData {
  /** its name, such as `job 4` or `broadcast 7` */
  id: string;
  /** what it does */
  name: string;
  /** how it is */
  state: "new" | "waiting" | "running" | "done" | "failed" | "unfinished";
  /** how many pieces are done; of a job of the timetable: how many runs */
  done: number;
  /** how many there are; null if nobody knows */
  of: number | null;
  /** the same in words for people */
  words: string;
  /** its number at `/api/v1/scheduler/jobs/`; null: not of the timetable */
  job: number | null;
  /** whether nobody may pause or delete it */
  protected: boolean;
  /** whether an operator paused it */
  paused: boolean;
  /** how its newest finished run ended; empty before the first one */
  last_result: "done" | "failed" | "unfinished" | null;
  /** how long that run took; null before the first one */
  seconds: number | null;
  /** when it is due next; null while it is paused */
  next_run_at: Time | null;
}

/** The latest price of an instrument; `stale` when its venue has gone quiet. */
export interface PriceData {
  /** the market it is about */
  instrument: Instrument;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the price of the last trade */
  last: Money;
  /** the highest price that somebody offers */
  bid: Money | null;
  /** the lowest price that somebody asks for */
  ask: Money | null;
  /** when this was so */
  at: Time;
  /** whether the venue has gone quiet, so that this may be old */
  stale: boolean;
}

/** The best bid and the best ask of an instrument, with their amounts. */
export interface BookData {
  /** the market it is about */
  instrument: Instrument;
  /** whether it is paper money on the simulated venue */
  simulated: boolean;
  /** the highest price that somebody offers */
  bid: Money | null;
  /** how many units are wanted at that price */
  bid_quantity: Money | null;
  /** the lowest price that somebody asks for */
  ask: Money | null;
  /** how many units are offered at that price */
  ask_quantity: Money | null;
  /** when this was so */
  at: Time;
  /** whether the venue has gone quiet, so that this may be old */
  stale: boolean;
}

/** The first frame: what is spoken here, and by which times and limits. */
export interface HelloData {
  /** the version that is spoken here */
  protocol: string;
  /** how the handshake proved who is there; "no": send `auth` now */
  authenticated: "session" | "bearer" | "no";
  /** how often the server sends `ping` */
  heartbeat_seconds: number;
  /** how long either side may say nothing */
  silence_seconds: number;
  /** how long there is to send `auth` */
  auth_seconds: number;
  /** what one socket may ask for */
  limits: Limits;
  /** what can be heard at this endpoint */
  topics: Topic[];
}

/** The limits of one socket. */
export interface Limits {
  /** the longest frame that is read; 4096 before somebody is known */
  frame_bytes: number;
  /** how many frames are read in the long run */
  frames_per_second: number;
  /** how many are read at once */
  burst: number;
  /** how many instruments one socket may watch */
  instruments: number;
  /** the shortest time between two frames about an instrument */
  fastest_ms: number;
}

/** The user whom the server has authenticated, and the head of their stream. */
export interface ReadyData {
  /** the user's id */
  user: number;
  /** which log the number counts in; another one after a restored backup or a failover */
  epoch: string;
  /** the newest event of their stream */
  seq: number;
  /** seconds left of the token; null of a session, which has no such end */
  expires_in: number | null;
}

/** All that was missed has been sent; from here on events come as they happen. */
export interface LiveData {
  /** which log the number counts in; another one after a restored backup or a failover */
  epoch: string;
  /** all up to this one has been sent */
  seq: number;
  /** what this socket hears */
  topics: string[];
}

/** Drop your state, read the snapshot, subscribe from its position. */
export interface ResetData {
  /** epoch: another log; future: a number that was never given; pruned: too old; behind: too many were missed; operator: somebody wants you to start over */
  reason: "epoch" | "future" | "pruned" | "behind" | "operator";
  /** which log the number counts in; another one after a restored backup or a failover */
  epoch: string;
  /** the newest event; subscribe from the snapshot's position instead */
  seq: number;
}

/** The instruments watched on this socket from here on, and why the others are not. */
export interface WatchingData {
  /** the markets that are watched */
  instruments: Instrument[];
  /** names that are traded at no venue of this installation */
  unknown: Instrument[];
  /** names that are too many for that market, over all who watch it */
  refused: Instrument[];
  /** the least time between two frames about an instrument */
  interval_ms: number;
  /** why some were refused, for people; empty when none were */
  words: string;
}

/** All up to `seq` was sent on this socket; `head` is the newest the server knows of. */
export interface PingData {
  /** all up to this one was sent on this socket; null before `subscribe` */
  seq: number | null;
  /** the newest event that the server knows of */
  head: number | null;
}

/** The answer to a client's ping. */
export type PongData = Record<string, never>;

/** The token ends soon: send another `auth`. */
export interface AuthExpiringData {
  /** seconds left of the token */
  expires_in: number;
}

/** The last frame: why the socket ends, and after which delay to come back, in seconds. */
export interface ByeData {
  /** the close code that follows */
  code: number;
  /** why, in words */
  message: string;
  /** how many seconds to wait before coming back */
  delay: number;
}

/** The fault of a frame; `retry_after` is in milliseconds. */
export interface ErrorData {
  /** what was wrong, for programs */
  code:
    | "bad_json"
    | "wrong_shape"
    | "unknown_field"
    | "unknown_type"
    | "too_large"
    | "not_authenticated"
    | "bad_token"
    | "wrong_door"
    | "wrong_topics"
    | "wrong_instruments"
    | "wrong_interval"
    | "rate_limited";
  /** what was wrong, for people */
  message: string;
  /** after how many milliseconds to try again, where that helps */
  retry_after: number | null;
}

/** An access token, to sign in or to renew. */
export interface AuthRequest {
  /** an access token of the API */
  token: string;
}

/** The user's events from behind a position, or from now on. */
export interface SubscribeRequest {
  /** the last event that was seen; null or left out: from now on */
  since?: Position | null;
  /** only these; null or left out: all of the endpoint */
  topics?: Topic[] | null;
}

/** A place in a user's stream. */
export interface Position {
  /** which log the number counts in; another one after a restored backup or a failover */
  epoch: string;
  /** the last event that was seen */
  seq: number;
}

/** The instruments to watch from now on, instead of those before; an empty list ends it. */
export interface WatchRequest {
  /** all that is to be watched, instead of what was; an empty list ends it */
  instruments: Instrument[];
  /** prices, books or both; null or left out: prices */
  topics?: Topic[] | null;
  /** least time between frames about an instrument, 100 to 60000; null: 500 */
  interval_ms?: number | null;
}

/** Asks the server for a pong, to see that the connection still works. */
export type PingRequest = Record<string, never>;

/** The answer to the server's ping: the last number that was seen. */
export interface PongRequest {
  /** the last event that was seen; null before `live` */
  seq?: number | null;
}

export interface Numbered<Type extends string, Data> {
  type: Type;
  /** One more than that of the event before it. */
  seq: number;
  /** When it was committed. */
  timestamp: Time;
  data: Data;
}

export interface Plain<Type extends string, Data> {
  type: Type;
  data: Data;
}

/** Numbered: stored in the user's stream, delivered exactly once. */
export interface EventDataByType {
  order_update: OrderData;
  order_filled: OrderData;
  trade: TradeData;
  key_update: KeyData;
  key_deleted: KeyGoneData;
  key_shared: SharedKeyData;
  key_unshared: KeyGoneData;
  balance_update: BalanceData;
  position_update: PositionData;
  bot_created: BotData;
  bot_update: BotData;
  bot_deleted: BotGoneData;
  pnl_update: PnlData;
  log_created: LogData;
  signal: SignalData;
  notification: NotificationData;
  alert: AlertData;
  system: SystemData;
}

export type EventType = keyof EventDataByType;
export type EventFrame = { [Type in EventType]: Numbered<Type, EventDataByType[Type]> }[EventType];

/** Without a number: not stored, may be lost, the newest wins. */
export interface NoteDataByType {
  orders_checked: OrdersCheckedData;
  stream_state: StreamData;
  venue_state: VenueData;
  delay_update: DelayData;
  leverage_set: LeverageSetData;
  admin_message: AdminMessageData;
  health_update: HealthData;
  job_update: JobData;
}

export type NoteType = keyof NoteDataByType;
export type NoteFrame = { [Type in NoteType]: Plain<Type, NoteDataByType[Type]> }[NoteType];

/** About a watched instrument; the newest wins, at the chosen rate. */
export interface MarketDataByType {
  price_update: PriceData;
  book_update: BookData;
}

export type MarketType = keyof MarketDataByType;
export type MarketFrame = { [Type in MarketType]: Plain<Type, MarketDataByType[Type]> }[MarketType];

/** What the server says about the socket itself. */
export interface SocketDataByType {
  hello: HelloData;
  ready: ReadyData;
  live: LiveData;
  reset: ResetData;
  watching: WatchingData;
  ping: PingData;
  pong: PongData;
  auth_expiring: AuthExpiringData;
  bye: ByeData;
  error: ErrorData;
}

export type SocketType = keyof SocketDataByType;
export type SocketFrame = { [Type in SocketType]: Plain<Type, SocketDataByType[Type]> }[SocketType];

/** What a client may say. */
export interface ClientDataByType {
  auth: AuthRequest;
  subscribe: SubscribeRequest;
  watch: WatchRequest;
  ping: PingRequest;
  pong: PongRequest;
}

export type ClientType = keyof ClientDataByType;
export type ClientFrame = { [Type in ClientType]: Plain<Type, ClientDataByType[Type]> }[ClientType];

/** All that a server may send; `type` says which, and "seq" in frame whether it is an event. */
export type ServerFrame = EventFrame | NoteFrame | MarketFrame | SocketFrame;

/** Whatever tells of something, by its type. */
export interface DataByType extends EventDataByType, NoteDataByType, MarketDataByType {}
