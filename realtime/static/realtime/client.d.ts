/** Types of client.js; those of the frames are made from the server's own and stand in frames.d.ts. */

import type {
  AlertData,
  BalanceData,
  DataByType,
  EventFrame,
  Instrument,
  KeyData,
  MarketDataByType,
  MarketFrame,
  MarketType,
  NoteFrame,
  NotificationData,
  OrderData,
  Offset,
  PositionData,
  ResetData,
  SignalData,
  SocketDataByType,
  Time,
  Topic,
} from "./frames.d.ts";

export type * from "./frames.d.ts";

/** For the coloured dot. When it is not "live", what is shown is as old as `since` at least. */
export type State =
  | { name: "connecting"; since: number }
  | { name: "live"; since: number }
  /** Nothing was heard for longer than the server's heartbeat takes. */
  | { name: "delayed"; since: number; heardAt: number }
  | { name: "waiting"; since: number; retryAt: number }
  /** The machine has no network; it comes back by itself. */
  | { name: "offline"; since: number }
  /** For good: by `stop()`, or as the server said. Tell the person the words. */
  | { name: "stopped"; since: number; words: string; signedOut: boolean; code?: number };

/** The door of `/ws/` (all), or of those for who want less. */
export type Door = "all" | "trading" | "market" | "notifications" | "alerts" | "admin";

/** What GET /api/v1/snapshot/ answers: the state, and the place in the stream that it belongs to. */
export interface Snapshot {
  user: number;
  stream: Offset;
  orders: OrderData[];
  keys: KeyData[];
  balances: BalanceData[];
  positions: PositionData[];
  signals: SignalData[];
  notifications: NotificationData[];
  alerts: AlertData[];
  [part: string]: unknown;
}

export interface Options {
  /** Which door; told by `url` where that is given. */
  door?: Door;
  /** The door's address, if it is not on the server that the page came from. */
  url?: string;
  /** Whose page it is. Nobody else's events are ever shown, and its tabs can share one socket. */
  user?: number | string;
  /** Where the page's state stands; without it the first thing asked is a snapshot. */
  since?: Offset;
  /** Only these topics; all of them when left out, and then every number is checked. */
  topics?: Topic[];
  /** A fresh JWT, asked for on every connection and before the last one ends; null: signed out. */
  token?: () => Promise<string | null> | string | null;
  /** Reads the whole state, by default beside the door; null: go on from the server's head. */
  snapshot?: (() => Promise<Pick<Snapshot, "stream"> & Partial<Snapshot>>) | null;
  /** One socket for all tabs. Left out: where the page says its `user`, and the browser can. */
  shared?: boolean;
  /** Ends the stream, as `stop()` does. */
  signal?: AbortSignal;
  /** For tests, and for places without a browser. */
  WebSocket?: unknown;
  setTimeout?: (run: () => void, ms: number) => unknown;
  clearTimeout?: (id: never) => void;
  now?: () => number;
  random?: () => number;
  surroundings?: unknown;
}

/** What can be heard, by name: events, notes, prices, and what concerns the connection. */
export interface Heard extends DataByType, Omit<SocketDataByType, "reset"> {
  state: State;
  /** Drop what you had and show this. Not only at first: also after a reset, and while down. */
  snapshot: Snapshot;
  /** What was known is void; the snapshot follows. "new": nothing was known yet. */
  reset: Omit<ResetData, "reason"> & { reason: ResetData["reason"] | "new" };
}

export interface HeardFrame<Type extends string, Data> {
  type: Type;
  data: Data;
  /** Of events: one more than that of the event before it. */
  seq?: number;
  timestamp?: Time;
}

export type Handler<Type extends keyof Heard> = (
  data: Heard[Type],
  frame: HeardFrame<Type, Heard[Type]>,
) => void;
export type News = EventFrame | NoteFrame | MarketFrame;

export interface WatchOptions {
  /** "prices" unless told otherwise. */
  topics?: ("prices" | "books")[];
  /** The least time between two words about an instrument; the shortest of all callers' counts. */
  intervalMs?: number;
}

export interface Status {
  state: State;
  position: Offset | null;
  user: number | string | null;
  url: string;
  door: Door;
  /** Whether other tabs use the same socket. */
  shared: boolean;
  connects: number;
  heardAt: number | null;
  events: number;
  repeats: number;
  gaps: number;
  resets: number;
  watching: Instrument[];
}

export class Stream {
  constructor(options?: Options);
  readonly state: State;
  readonly position: Offset | null;
  readonly user: number | string | null;
  /** Calls the handler on each; what it gives back ends that, and so does the signal. */
  on<Type extends keyof Heard>(type: Type, handler: Handler<Type>, options?: { signal?: AbortSignal }): () => void;
  /** Every event, note and price. */
  on(type: "*", handler: (data: News["data"], frame: News) => void, options?: { signal?: AbortSignal }): () => void;
  start(): this;
  /** Ends it; `start()` goes on from where it was. */
  stop(): void;
  /** Tries at once instead of waiting; for a button. */
  reconnect(): void;
  /** Prices, or books, of these from now on, until what it gives back is called. */
  watch(instruments: Iterable<Instrument>, options?: WatchOptions): () => void;
  /** What was last said of an instrument that is watched. */
  newest<Type extends MarketType>(type: Type, instrument: Instrument): MarketDataByType[Type] | null;
  status(): Status;
}

/** Opens a stream and keeps it open. */
export function connect(options?: Options): Stream;

export const LATE: number;
export const SILENT: number;
export const FALLBACK: number;
