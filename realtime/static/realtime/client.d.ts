/** Types of client.js. The shapes of the events themselves are told by the AsyncAPI document. */

export interface Position {
  epoch: string;
  seq: number;
}

export type State =
  | { name: "connecting"; since: number }
  | { name: "live"; since: number }
  | { name: "delayed"; since: number; heardAt: number }
  | { name: "waiting"; since: number; retryAt: number }
  | { name: "offline"; since: number }
  | { name: "stopped"; since: number; words: string; signedOut: boolean; code?: number };

export interface Snapshot {
  stream: Position;
  orders: unknown[];
  keys: unknown[];
  balances: unknown[];
  positions: unknown[];
  [part: string]: unknown;
}

export interface Frame<Data = unknown> {
  type: string;
  data: Data;
  seq?: number;
  timestamp?: string;
}

export interface Options {
  /** Where the door is; "/ws/" unless told otherwise. */
  url?: string;
  /** Where the page's state stands; without it the first thing asked is a snapshot. */
  since?: Position;
  /** Only these topics; all of them when left out, and then every number is checked. */
  topics?: string[];
  /** A fresh JWT; called on every connection and shortly before the last one expires. */
  token?: () => Promise<string> | string;
  /** Reads the whole state; GET /api/v1/snapshot/ unless told otherwise. */
  snapshot?: () => Promise<Snapshot>;
  WebSocket?: unknown;
  setTimeout?: (run: () => void, ms: number) => unknown;
  clearTimeout?: (id: never) => void;
  now?: () => number;
  random?: () => number;
  surroundings?: unknown;
}

export type Handler<Data> = (data: Data, frame: Frame<Data>) => void;

export class Stream {
  constructor(options?: Options);
  readonly state: State;
  readonly position: Position | null;
  readonly user: unknown;
  on(type: "state", handler: Handler<State>): () => void;
  on(type: "snapshot", handler: Handler<Snapshot>): () => void;
  on<Data = unknown>(type: string, handler: Handler<Data>): () => void;
  start(): this;
  stop(): void;
  reconnect(): void;
}

export function connect(options?: Options): Stream;

export const LATE: number;
export const SILENT: number;
export const FALLBACK: number;
