"""The words of the venue: orders, fills, and what happened to whom."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from exchanges.simulator.accounts.positions import PositionSnapshot
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.orders.triggers import Trigger

Side = Literal["BUY", "SELL"]
OrderType = Literal["LIMIT", "MARKET", "LIMIT_MAKER"]
TimeInForce = Literal["GTC", "IOC", "FOK"]
SelfTrade = Literal["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"]
EventKind = Literal[
    "NEW", "TRADE", "CANCELED", "EXPIRED", "TRADE_PREVENTION", "TRIGGERED", "AMENDED"
]

OPEN = frozenset({"NEW", "PARTIALLY_FILLED"})


def opposite_side(side: Side) -> Side:
    return "SELL" if side == "BUY" else "BUY"


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """What a client asks for; checked by its dialect, judged by the venue."""

    account: str
    symbol: str
    side: Side
    type: OrderType
    client_id: str
    time_in_force: TimeInForce = "GTC"
    quantity: Decimal = ZERO
    quote_quantity: Decimal = ZERO
    price: Decimal = ZERO
    self_trade: SelfTrade = "EXPIRE_MAKER"
    # With a trigger it waits among the other orders, and holds its money unless told otherwise.
    trigger: Trigger | None = None
    reserves: bool = True
    # For contracts: it may only make a position smaller.
    reduce_only: bool = False


@dataclass(kw_only=True, eq=False)
class Order:
    symbol: str
    id: int
    sequence: int
    account: str
    client_id: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    self_trade: SelfTrade
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    created: int
    updated: int
    status: str = "NEW"
    executed: Decimal = ZERO
    quote_executed: Decimal = ZERO
    hold: Decimal = ZERO
    trigger: Trigger | None = None
    reserves: bool = True
    # Since when it stands or takes; None while it waits for its trigger.
    working_since: int | None = None
    reduce_only: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_waiting(self) -> bool:
        return self.is_open and self.working_since is None

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.executed


@dataclass(frozen=True, kw_only=True)
class Fill:
    """One side of one trade. Both sides carry the trade's id."""

    symbol: str
    id: int
    order_id: int
    account: str
    side: Side
    price: Decimal
    quantity: Decimal
    quote: Decimal
    commission: Decimal
    commission_asset: str
    maker: bool
    time: int
    # What closing a part of a position brought, before the fee.
    realised: Decimal = ZERO


@dataclass(frozen=True)
class Holding:
    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderEvent:
    """One thing that happened to one order, with the balances as they stood right after it."""

    kind: EventKind
    order: Order
    time: int
    number: int
    fill: Fill | None = None
    cancel_id: str = ""
    holdings: tuple[Holding, ...] = ()
    snapshot: PositionSnapshot | None = None  # of contracts


@dataclass(frozen=True)
class BalanceEvent:
    """Money came or went without an order, as by a deposit."""

    account: str
    asset: str
    delta: Decimal
    time: int


@dataclass(frozen=True)
class PublicTrade:
    symbol: str
    id: int
    price: Decimal
    quantity: Decimal
    quote: Decimal
    time: int
    buyer_is_maker: bool
