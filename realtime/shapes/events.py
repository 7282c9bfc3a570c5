"""The data of numbered events: one shape for each, with all its fields always there."""

from __future__ import annotations

from typing import Literal, TypedDict

from realtime.shapes.fields import Category, Level, Money, Time


class OrderIdentityData(TypedDict):
    """The fields that identify an order: its id, key, bot, market, symbol and side."""

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


class OrderGroupData(TypedDict):
    """The group that an order belongs to: an entry with its exits, or two exits."""

    id: int | None
    venue_id: str | None
    kind: Literal["bracket", "oco"] | None
    role: Literal["entry", "take_profit", "stop_loss"] | None
    state: Literal["waiting", "active", "unprotected", "canceling", "done"] | None
    note: str


class OrderData(OrderIdentityData):
    """The absolute state of an order; a higher version replaces a lower one."""

    type: str
    time_in_force: str
    price: Money | None
    trigger_price: Money | None
    take_profit_price: Money | None
    trailing_percent: Money | None
    good_till: Time | None
    reduce_only: bool
    position_side: Literal["net", "long", "short"] | None
    closes_position: bool
    group: OrderGroupData | None
    leverage: int | None
    quantity: Money
    quote_amount: Money | None
    filled: Money
    remaining: Money
    average_price: Money | None
    cost: Money
    fees: dict[str, Money]
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
    placed_by: str | None  # the member who placed it, if the key's owner shares it
    cancel_requested: bool
    amend_price: Money | None
    amend_quantity: Money | None
    amend_trigger_price: Money | None
    created_at: Time
    submitted_at: Time | None
    checked_at: Time | None
    ended_at: Time | None
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
    price: Money
    quantity: Money
    fee: Money | None
    fee_currency: str | None
    is_maker: bool | None
    executed_at: Time


class KeyData(TypedDict):
    """An exchange key as its owner may see it."""

    id: int
    label: str
    venue: str
    market: str
    simulated: bool
    is_active: bool
    last_error: str
    last_checked_at: Time | None
    permissions: list[str]
    position_mode: Literal["one_way", "hedge"] | None


class KeyGoneData(TypedDict):
    """An exchange key that its owner removed."""

    id: int


class SharedKeyData(TypedDict):
    """A key of another user that is shared with this one."""

    id: int
    label: str
    owner: str
    role: Literal["viewer", "trader"]
    venue: str
    market: str
    simulated: bool
    is_active: bool


class BalanceData(TypedDict):
    """A key's balance of one currency; nothing is left when free, held and total are 0."""

    key: int
    key_label: str
    venue: str
    market: str
    simulated: bool
    currency: str
    free: Money
    held: Money
    total: Money
    version: int
    changed_at: Time


class PositionData(TypedDict):
    """A key's position in one futures symbol; a quantity below zero is short, zero is closed."""

    key: int
    key_label: str
    venue: str
    market: str
    simulated: bool
    symbol: str
    side: Literal["net", "long", "short"]
    quantity: Money
    entry_price: Money | None
    mark_price: Money | None
    mark_at: Time | None
    liquidation_price: Money | None
    unrealised: Money | None
    leverage: Money | None
    margin_mode: str | None
    version: int
    changed_at: Time


class BotData(TypedDict):
    """A strategy at work, and what it is allowed to do."""

    id: int
    version: int
    name: str
    key: int
    venue: str
    market: str
    simulated: bool
    symbol: str
    strategy: str
    settings: dict[str, str | int | bool | None]
    check_seconds: int
    budget: Money | None
    most_orders: int
    most_held: Money | None
    daily_loss: Money | None
    high_value: Money | None
    mode: Literal["stopped", "running", "stopping", "error"]
    words: str
    then: Literal["", "start", "delete", "error"]
    run: int
    is_default: bool
    created_at: Time
    changed_at: Time


class BotGoneData(TypedDict):
    """A bot that its owner removed."""

    id: int


class PnlData(TypedDict):
    """A bot's earnings from its fills, in one quote currency; a later one replaces it."""

    bot: int
    key: int
    simulated: bool
    symbol: str
    currency: str
    gross: Money
    fees: Money
    net: Money
    held: Money
    cost: Money
    provisional: bool
    as_of: Time | None


class LogData(TypedDict):
    """One line of the activity log: what was done, and why."""

    id: int
    level: Level
    bot: int | None
    order: int | None
    message: str
    details: dict[str, str]
    created_at: Time


class SignalData(TypedDict):
    """A signal from outside, and its outcome for this user."""

    id: int
    source: str
    symbol: str
    side: Literal["buy", "sell", "long", "short", "close"]
    price: Money | None
    message: str
    status: Literal["pending", "executed", "failed", "ignored", "expired"]
    words: str
    order: int | None
    received_at: Time
    settled_at: Time | None


class NotificationData(TypedDict):
    """Something to read, once; a later one with the same id replaces it.

    A dismissed one leaves the list.
    """

    id: int
    category: Category
    level: Level
    title: str
    message: str
    link: str
    created_at: Time
    read_at: Time | None
    dismissed_at: Time | None


class AlertData(TypedDict):
    """Something that is wrong until it ends; one alert of a name is open at a time."""

    id: int
    name: str
    level: Literal["warning", "critical"]
    title: str
    message: str
    link: str
    rule: int | None
    began_at: Time
    read_at: Time | None
    acknowledged_at: Time | None
    acknowledged_by: str
    note: str
    ended_at: Time | None
    ended_by: str


class SystemData(TypedDict):
    """Words of the operators to everybody."""

    id: int
    level: Level
    title: str
    message: str
    sent_at: Time
