"""The types of all frames: the shape, the topic and the time of each, declared once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal, NamedTuple, TypedDict

from realtime.shapes import events, market, notes
from realtime.values import format_time

PROTOCOL = "fillwatch.v1"


class Close(IntEnum):
    """Close codes of a socket; the code's range tells the client what to do next."""

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
    TOO_MANY = 4504


Topic = Literal[
    "orders",
    "keys",
    "balances",
    "positions",
    "bots",
    "signals",
    "logs",
    "notifications",
    "alerts",
    "system",
    "prices",
    "books",
    "operations",
]


class StreamEvent(NamedTuple):
    """An event of the log with its frame for the wire."""

    seq: int
    type: str
    frame: str


@dataclass(frozen=True, slots=True)
class FrameType:
    """A type of frame: its topic, and the fields of its data (all of them, no others).

    `planned` ones are declared, so that clients can be written; nothing sends them yet. Only
    operators with the permission `right` hear one that has it.
    """

    topic: Topic
    shape: type
    when: str
    planned: bool = False
    right: str = ""

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.shape.__annotations__)


# Numbered: part of the user's stream, stored, delivered exactly once.
EVENTS: Mapping[str, FrameType] = {
    "order_update": FrameType("orders", events.OrderData, "anything about an order changed"),
    "order_filled": FrameType(
        "orders", events.OrderData, "the whole amount was executed; follows its order_update"
    ),
    "trade": FrameType(
        "orders",
        events.TradeData,
        "a part was executed; once for each, and once more if its fee was only known later",
    ),
    "key_update": FrameType(
        "keys", events.KeyData, "an exchange key was attached, renamed, switched or tested"
    ),
    "key_deleted": FrameType(
        "keys", events.KeyGoneData, "an exchange key was removed, and with it what it held"
    ),
    "key_shared": FrameType(
        "keys",
        events.SharedKeyData,
        "another user shares a key from now on, or it was renamed or switched",
    ),
    "key_unshared": FrameType(
        "keys", events.KeyGoneData, "a key is shared no more: all of it leaves every list"
    ),
    "balance_update": FrameType(
        "balances", events.BalanceData, "a key has more or less of a currency, or free of orders"
    ),
    "position_update": FrameType(
        "positions", events.PositionData, "a futures position changed; quantity 0 is closed"
    ),
    "bot_created": FrameType("bots", events.BotData, "a bot was made"),
    "bot_update": FrameType("bots", events.BotData, "anything about a bot changed"),
    "bot_deleted": FrameType("bots", events.BotGoneData, "a bot was removed"),
    "pnl_update": FrameType("bots", events.PnlData, "what a bot has earned changed"),
    "log_created": FrameType("logs", events.LogData, "something worth a line was done"),
    "signal": FrameType("signals", events.SignalData, "a signal came, or its status changed"),
    "notification": FrameType(
        "notifications",
        events.NotificationData,
        "there is something to read, or it was read",
    ),
    "alert": FrameType(
        "alerts", events.AlertData, "something is wrong, was seen by its owner, or is well again"
    ),
    "system": FrameType("system", events.SystemData, "the operators say something to everybody"),
}
# Without a number: not stored, may be lost, the newest wins.
UNNUMBERED: Mapping[str, FrameType] = {
    "orders_checked": FrameType(
        "orders", notes.OrdersCheckedData, "orders were compared with the venue: nothing new"
    ),
    "stream_state": FrameType("keys", notes.StreamData, "a key's own stream at its venue fares so"),
    "venue_state": FrameType(
        "keys", notes.VenueData, "a venue is left alone until a time, or may be asked again"
    ),
    "delay_update": FrameType(
        "system",
        notes.DelayData,
        "what the user sees is late though the socket is live; every 5 s until it is not",
    ),
    "leverage_set": FrameType("keys", notes.LeverageSetData, "the result of a leverage change"),
    "admin_message": FrameType(
        "operations",
        notes.AdminMessageData,
        "an operator did something",
        right="operations.view_auditchange",
    ),
    "health_update": FrameType(
        "operations",
        notes.HealthData,
        "the health of a service changed",
        right="operations.view_healthcheck",
    ),
    "job_update": FrameType(
        "operations",
        notes.JobData,
        "a job began, ended, was paused or resumed",
        right="django_celery_beat.view_periodictask",
    ),
}
# The permissions of operators that let them in at `/ws/admin/`: one is enough.
RIGHTS = frozenset(kind.right for kind in UNNUMBERED.values() if kind.right)
# About an instrument, for its watchers; the newest wins, at the rate the client chose.
MARKET: Mapping[str, FrameType] = {
    "price_update": FrameType("prices", market.PriceData, "the price changed, or went stale"),
    "book_update": FrameType(
        "books", market.BookData, "the best bid or ask changed, or went stale"
    ),
}
EventType = Literal[
    "order_update",
    "order_filled",
    "trade",
    "key_update",
    "key_deleted",
    "key_shared",
    "key_unshared",
    "balance_update",
    "position_update",
    "bot_created",
    "bot_update",
    "bot_deleted",
    "pnl_update",
    "log_created",
    "signal",
    "notification",
    "alert",
    "system",
]
NoteType = Literal[
    "orders_checked",
    "stream_state",
    "venue_state",
    "delay_update",
    "leverage_set",
    "admin_message",
    "health_update",
    "job_update",
]
MarketType = Literal["price_update", "book_update"]
MarketData = market.PriceData | market.BookData


class Offset(TypedDict):
    """A place in a user's stream."""

    epoch: str
    seq: int


# Made once: json.dumps would make one for each frame.
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def dump_json(data: object) -> str:
    """Encode JSON for the wire; only plain JSON is accepted, so money must be a string."""
    return _encode(data)


def note_frame(kind: str, data: str) -> str:
    return f'{{"type":"{kind}","data":{data}}}'


def event_frame(kind: str, *, seq: int, timestamp: datetime, data: str) -> str:
    """Build the frame of an event, the same for all sockets; `data` is JSON already."""
    return f'{{"type":"{kind}","seq":{seq},"timestamp":"{format_time(timestamp)}","data":{data}}}'
