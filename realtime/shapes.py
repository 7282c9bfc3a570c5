"""What events and notes carry: one shape for each, all its fields always there."""

from __future__ import annotations

from typing import Literal, TypedDict

Level = Literal["info", "success", "warning", "error"]


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


class BotData(TypedDict):
    """A strategy at work, and what it is allowed to do."""

    id: int
    version: int
    name: str
    key: int
    key_label: str
    venue: str
    market: str
    simulated: bool
    symbol: str
    strategy: str
    settings: dict[str, str | int | bool | None]
    mode: Literal["stopped", "running", "stopping", "error"]
    words: str
    is_default: bool
    created_at: str
    changed_at: str


class BotGoneData(TypedDict):
    """A bot that its owner removed."""

    id: int


class PnlData(TypedDict):
    """What a bot has earned by its fills, in one quote currency; paper and live never mix."""

    bot: int
    key: int
    simulated: bool
    currency: str
    realised: str
    unrealised: str | None
    fees: str
    provisional: bool
    as_of: str


class LogData(TypedDict):
    """One line of the activity log: what was done, and why."""

    id: int
    level: Level
    bot: int | None
    order: int | None
    message: str
    details: dict[str, str]
    created_at: str


class SignalData(TypedDict):
    """An outside wish for a trade, and what became of it for this user."""

    id: int
    source: str
    symbol: str
    side: Literal["buy", "sell", "long", "short", "close"]
    price: str | None
    message: str
    status: Literal["pending", "executed", "failed", "ignored", "expired"]
    words: str
    order: int | None
    received_at: str


class NotificationData(TypedDict):
    """Something to read, once; a later one with the same id replaces it."""

    id: int
    level: Level
    title: str
    message: str
    link: str
    created_at: str
    read_at: str | None


class AlertData(TypedDict):
    """Something that is wrong until it ends; absolute state, a later one replaces it."""

    id: int
    level: Literal["warning", "critical"]
    title: str
    message: str
    began_at: str
    ended_at: str | None


class SystemData(TypedDict):
    """Words of the operators to everybody."""

    level: Level
    title: str
    message: str


class PriceData(TypedDict):
    """The latest price of an instrument; `stale` when its venue has gone quiet."""

    instrument: str
    simulated: bool
    last: str
    bid: str | None
    ask: str | None
    at: str
    stale: bool


class BookData(TypedDict):
    """The best bid and the best ask of an instrument, with their amounts."""

    instrument: str
    simulated: bool
    bid: str | None
    bid_quantity: str | None
    ask: str | None
    ask_quantity: str | None
    at: str
    stale: bool


class AdminMessageData(TypedDict):
    """What an operator did to users or their sockets, for the other operators."""

    by: str
    action: str
    target: str
    words: str
    at: str


class HealthData(TypedDict):
    """Whether a part of the installation does its work."""

    part: str
    state: Literal["well", "troubled", "gone"]
    words: str
    at: str


class JobData(TypedDict):
    """How far a job of the operators is."""

    id: str
    name: str
    state: Literal["waiting", "running", "done", "failed"]
    done: int
    of: int | None
    words: str
