"""Orders, fills and the events about them, in the venue's own terms."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypedDict

from exchanges.simulator.accounts.positions import PositionSide, PositionSnapshot
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


def is_reducing(side: Side, position_side: PositionSide, reduce_only: bool) -> bool:
    """Tell whether an order may only make its position smaller: a sale from a long one may not."""
    return reduce_only or (side, position_side) in (("SELL", "LONG"), ("BUY", "SHORT"))


def opposite_side(side: Side) -> Side:
    return "SELL" if side == "BUY" else "BUY"


@dataclass(frozen=True, kw_only=True)
class NewOrder:
    """An order as a client requests it. The dialect parses it, `matching.check_order` checks it."""

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
    # With a trigger the order waits among the others, and locks its funds if `reserves`.
    trigger: Trigger | None = None
    reserves: bool = True
    # For contracts: the order may only make a position smaller.
    reduce_only: bool = False
    position_side: PositionSide = "BOTH"
    good_till: int = 0  # the time at which the venue ends it; 0: never
    closes_position: bool = False  # for all of a position, whatever that is when it fires

    # Of two orders of which one ends the other; -1 stands alone.
    list_id: int = -1
    list_client_id: str = ""
    # It begins when another of its list is filled.
    follows: bool = False
    # A word of its owner's, which is shown and has no effect.
    tag: str = ""

    @property
    def reduces(self) -> bool:
        return is_reducing(self.side, self.position_side, self.reduce_only)


class OrderChange(TypedDict, total=False):
    """A change of an open order; None leaves a field as it is."""

    price: Decimal | None
    quantity: Decimal | None
    trigger_price: Decimal | None


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
    # Time since which it is in the order book or takes; None while it waits for its trigger.
    working_since: int | None = None
    reduce_only: bool = False
    position_side: PositionSide = "BOTH"
    good_till: int = 0  # the time at which the venue ends it; 0: never
    closes_position: bool = False  # for all of a position, whatever that is when it fires

    list_id: int = -1
    list_client_id: str = ""
    follows: bool = False
    tag: str = ""

    @property
    def reduces(self) -> bool:
        return is_reducing(self.side, self.position_side, self.reduce_only)

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
    """One side of a trade. Both sides carry the trade's id."""

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
    # Profit or loss of closing some of a position, before the fee.
    realised: Decimal = ZERO
    position_side: PositionSide = "BOTH"


@dataclass(frozen=True)
class Holding:
    asset: str
    free: Decimal
    locked: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderEvent:
    """A change of one order, with copies of order and balances from right after it."""

    kind: EventKind
    order: Order
    time: int
    number: int
    fill: Fill | None = None
    cancel_id: str = ""
    former_client_id: str = ""  # of an order that got another by being amended
    holdings: tuple[Holding, ...] = ()
    snapshot: PositionSnapshot | None = None  # contracts only

    @property
    def account(self) -> str:
        return self.order.account


@dataclass(frozen=True)
class BalanceEvent:
    """A balance change without an order, such as a deposit."""

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
