/** Types of client.js. The types of frames are generated from the server's, in frames.d.ts. */

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

/** The connection, for the coloured dot. When it is not "live", the page is at least as old as `since`. */
export type State =
  | { name: "connecting"; since: number }
  | { name: "live"; since: number }
  /** Nothing was received for longer than the server's heartbeat. */
  | { name: "delayed"; since: number; heardAt: number }
  | { name: "waiting"; since: number; retryAt: number }
  /** The machine has no network; it comes back by itself. */
  | { name: "offline"; since: number }
  /** For good: by `stop()`, or by the server. Show `words` to the person. */
  | { name: "stopped"; since: number; words: string; signedOut: boolean; code?: number };

/** An endpoint: `/ws/` (all), or one that sends less. */
export type Door = "all" | "trading" | "market" | "notifications" | "alerts" | "admin";

/** The answer of GET /api/v1/snapshot/: the state, and its offset in the stream. */
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
  /** The endpoint; read from `url` where that is given. */
  door?: Door;
  /** The endpoint's address, if it is not on the server that the page came from. */
  url?: string;
  /** The user of the page. Nobody else's events are ever shown, and its tabs can share one socket. */
  user?: number | string;
  /** The offset of the page's state; without it a snapshot is read first. */
  since?: Offset;
  /** Only these topics; all of them when left out, and then every number is checked. */
  topics?: Topic[];
  /** Returns a fresh JWT, for every connection and before the last one expires; null: signed out. */
  token?: () => Promise<string | null> | string | null;
  /** Reads the whole state, by default from the same server; null: start at the server's newest event. */
  snapshot?: (() => Promise<Pick<Snapshot, "stream"> & Partial<Snapshot>>) | null;
  /** One socket for all tabs. By default if the page gives its `user` and the browser can. */
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

/** The data of handlers by type: events, notes, prices, and frames about the connection. */
export interface Heard extends DataByType, Omit<SocketDataByType, "reset"> {
  state: State;
  /** Drop the state you had and show this one: at first, after a reset, and while disconnected. */
  snapshot: Snapshot;
  /** The state you had is void; the snapshot follows. "new": there was none yet. */
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
  /** ["prices"] by default. */
  topics?: ("prices" | "books")[];
  /** The least time between two prices of an instrument; the shortest of all callers' counts. */
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
  /** Calls the handler on each. The returned function ends that, and so does the signal. */
  on<Type extends keyof Heard>(type: Type, handler: Handler<Type>, options?: { signal?: AbortSignal }): () => void;
  /** Every event, note and price. */
  on(type: "*", handler: (data: News["data"], frame: News) => void, options?: { signal?: AbortSignal }): () => void;
  start(): this;
  /** Ends the stream; `start()` goes on from its position. */
  stop(): void;
  /** Connects at once instead of waiting; for a button. */
  reconnect(): void;
  /** Watches prices or books of instruments, until the returned function is called. */
  watch(instruments: Iterable<Instrument>, options?: WatchOptions): () => void;
  /** The newest data of an instrument that is watched. */
  newest<Type extends MarketType>(type: Type, instrument: Instrument): MarketDataByType[Type] | null;
  status(): Status;
}

/** Opens a stream and keeps it open. */
export function connect(options?: Options): Stream;

export const LATE: number;
export const SILENT: number;
export const FALLBACK: number;
