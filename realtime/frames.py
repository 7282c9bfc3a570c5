"""Every frame on the wire and every event of a stream: its shape, said once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Context, Decimal
from enum import IntEnum
from typing import Any, Literal, TypedDict

PROTOCOL = "fillwatch.v1"
EXACT = Context(prec=60)  # more than any column has: nothing is rounded on its way out


class Close(IntEnum):
    """Why a socket ends, as an instruction to the client."""

    # 4000-4099: reconnect, keep the position
    RESTART = 4000
    SLOW = 4001
    SILENT = 4002
    INTERNAL = 4003
    RATE_LIMITED = 4005
    TOO_OLD = 4006
    # 4100-4199: get a new token (or sign in), keep the position
    EXPIRED = 4100
    CREDENTIALS_CHANGED = 4101
    AUTH_TIMEOUT = 4102
    # 4500-4599: stop, and tell the person
    BAD_TOKEN = 4500
    PROTOCOL = 4501
    VERSION = 4502
    FORBIDDEN = 4503


# What the events carry


class OrderData(TypedDict):
    """The absolute state of an order; a higher version replaces a lower one."""

    id: int
    version: int
    key: int
    key_label: str
    venue: str
    market: str
    simulated: bool
    bot: int | None
    bot_name: str | None
    symbol: str
    side: Literal["buy", "sell"]
    type: str
    time_in_force: str
    price: str | None
    trigger_price: str | None
    trailing_percent: str | None
    reduce_only: bool
    leverage: int | None
    quantity: str
    filled: str
    remaining: str
    average_price: str | None
    cost: str
    fees: dict[str, str]
    lacks_fees: bool  # a part's fee is not known yet, so what was earned is provisional
    status: Literal[
        "pending",
        "new",
        "partially_filled",
        "unknown",
        "filled",
        "canceled",
        "expired",
        "rejected",
        "denied",
    ]
    origin: Literal["fillwatch", "external"]
    client_order_id: str
    exchange_order_id: str | None
    cancel_requested: bool
    created_at: str
    submitted_at: str | None
    checked_at: str | None
    ended_at: str | None
    ended_by: str
    ended_reason: str


class TradeData(TypedDict):
    """One executed part of an order."""

    id: int
    order: int
    key: int
    symbol: str
    side: Literal["buy", "sell"]
    trade_id: str
    price: str
    quantity: str
    fee: str | None
    fee_currency: str | None
    is_maker: bool | None
    executed_at: str


class KeyData(TypedDict):
    """An exchange key as its owner may see it."""

    id: int
    label: str
    venue: str
    market: str
    simulated: bool
    is_active: bool
    last_error: str
    last_checked_at: str | None
    permissions: list[str]


class KeyGoneData(TypedDict):
    """An exchange key that its owner removed."""

    id: int


class BalanceData(TypedDict):
    """What a key holds of one currency; nothing of it when total is zero."""

    key: int
    key_label: str
    venue: str
    market: str
    simulated: bool
    currency: str
    free: str
    held: str
    total: str
    version: int
    changed_at: str


class PositionData(TypedDict):
    """What a key holds of one futures symbol; a quantity below zero is short, zero is closed."""

    key: int
    key_label: str
    venue: str
    market: str
    simulated: bool
    symbol: str
    side: Literal["net", "long", "short"]
    quantity: str
    entry_price: str | None
    mark_price: str | None
    liquidation_price: str | None
    unrealised: str | None
    leverage: str | None
    margin_mode: str | None
    version: int
    changed_at: str


class StreamData(TypedDict):
    """How a key's own stream fares."""

    key: int
    state: Literal["idle", "connecting", "live", "waiting", "refused", "polled"]
    connected_since: str | None
    last_message_at: str | None
    last_reconcile_at: str | None
    restarts: int
    last_error: str


class VenueData(TypedDict):
    """Whether a venue may be asked, and until when it is left alone."""

    venue: str
    label: str
    market: str
    simulated: bool
    state: Literal["open", "frozen", "resting"]  # told to wait; answers nobody
    until: str | None
    words: str


class LeverageSetData(TypedDict):
    """What came of a wish for another leverage of one symbol."""

    key: int
    symbol: str
    leverage: int
    margin_mode: str
    ok: bool
    message: str


class OrdersCheckedData(TypedDict):
    """These orders were compared with the venue at this time, whether or not they changed."""

    orders: list[int]
    checked_at: str


Topic = Literal["orders", "keys", "holdings"]
TOPICS: frozenset[Topic] = frozenset({"orders", "keys", "holdings"})
EventType = Literal[
    "order_update",
    "order_filled",
    "trade",
    "key_update",
    "key_deleted",
    "balance_update",
    "position_update",
]
EventData = OrderData | TradeData | KeyData | KeyGoneData | BalanceData | PositionData
NoteType = Literal["orders_checked", "stream_state", "venue_state", "leverage_set"]
NoteData = OrdersCheckedData | StreamData | VenueData | LeverageSetData


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type of frame is about, and the fields its data has: all of them, no others."""

    topic: Topic
    shape: type

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.shape.__annotations__)


# Numbered: part of the user's stream, stored, delivered exactly once.
EVENTS: Mapping[str, Kind] = {
    "order_update": Kind("orders", OrderData),
    "order_filled": Kind("orders", OrderData),
    "trade": Kind("orders", TradeData),
    "key_update": Kind("keys", KeyData),
    "key_deleted": Kind("keys", KeyGoneData),
    "balance_update": Kind("holdings", BalanceData),
    "position_update": Kind("holdings", PositionData),
}
# Without a number: not stored, may be lost, the newest wins.
UNNUMBERED: Mapping[str, Kind] = {
    "orders_checked": Kind("orders", OrdersCheckedData),
    "stream_state": Kind("keys", StreamData),
    "venue_state": Kind("keys", VenueData),
    "leverage_set": Kind("keys", LeverageSetData),
}


# What the server says about the socket itself


class Position(TypedDict):
    """A place in a user's stream."""

    epoch: str
    seq: int


class Limits(TypedDict):
    frame_bytes: int
    frames_per_second: int
    burst: int


class HelloData(TypedDict):
    protocol: str
    authenticated: Literal["session", "bearer", "no"]  # "no": send an auth frame now
    heartbeat_seconds: float
    silence_seconds: float
    auth_seconds: float
    limits: Limits
    topics: list[str]


class ReadyData(TypedDict):
    user: int
    epoch: str
    seq: int
    expires_in: float | None  # seconds left of the token; a session has no such end


class LiveData(TypedDict):
    epoch: str
    seq: int
    topics: list[str]


class ResetData(TypedDict):
    """Drop your state, read the snapshot, subscribe from its position."""

    reason: Literal["epoch", "future", "pruned", "behind"]
    epoch: str
    seq: int


class PingData(TypedDict):
    """All up to `seq` was sent on this socket; `head` is the newest the server knows of."""

    seq: int | None
    head: int | None


class AuthExpiringData(TypedDict):
    expires_in: float


class ByeData(TypedDict):
    code: int
    message: str
    delay: float


class ErrorData(TypedDict):
    code: str
    message: str
    retry_after: int | None


ServerType = Literal[
    "hello", "ready", "live", "reset", "ping", "pong", "auth_expiring", "bye", "error"
]
ServerData = (
    HelloData
    | ReadyData
    | LiveData
    | ResetData
    | PingData
    | AuthExpiringData
    | ByeData
    | ErrorData
    | dict[str, Any]
)


# What a client may say


class AuthRequest(TypedDict):
    token: str


class SubscribeRequest(TypedDict, total=False):
    since: Position | None
    topics: list[str] | None


class PongRequest(TypedDict, total=False):
    seq: int | None


def dump(data: object) -> str:
    """JSON as it goes over the wire; what is not plain JSON is refused, so money is a string."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def server_frame(kind: ServerType, data: ServerData) -> str:
    return dump({"type": kind, "data": data})


def note_frame(kind: str, data: str) -> str:
    return f'{{"type":"{kind}","data":{data}}}'


def event_frame(kind: str, *, seq: int, timestamp: datetime, data: str) -> str:
    """An event as every socket of its user gets it; `data` is JSON already."""
    return f'{{"type":"{kind}","seq":{seq},"timestamp":"{iso(timestamp)}","data":{data}}}'


def money(value: Decimal) -> str:
    """Every digit and not one more: 0.0100 becomes 0.01, 1E+3 becomes 1000."""
    return f"{value.normalize(EXACT):f}" if value else "0"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
