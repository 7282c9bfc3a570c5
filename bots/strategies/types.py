"""What a strategy is told and what it may want. Pure: no clock, no database, no venue.

A bot's orders lie in lanes, such as "buy" or "level-3". Every order of a lane has a turn, and a
lane has one order for each turn, ever: wanting the same one twice is wanting it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Literal

Side = Literal["buy", "sell"]
Type = Literal["limit", "market", "stop_loss", "take_profit", "trailing_stop"]
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The highest and the lowest price of a stretch of time that ended then."""

    at: datetime
    high: Decimal
    low: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """A symbol's rules, and what is known of its price; None: nothing recent enough to act on."""

    symbol: str
    is_futures: bool
    price_step: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_cost: Decimal
    price: Decimal | None = None
    samples: Sequence[Sample] = ()
    most_leverage: int | None = None  # None: its venue says it to nobody before an order

    def amount(self, quantity: Decimal) -> Decimal:
        """So much of it as can be traded: whole steps, never more than asked for."""
        return _stepped(quantity, self.quantity_step, ROUND_DOWN)

    def worth(self, cost: Decimal, price: Decimal) -> Decimal:
        """The amount that so much money buys."""
        return self.amount(cost / price)

    def below(self, price: Decimal) -> Decimal:
        return _stepped(price, self.price_step, ROUND_DOWN)

    def above(self, price: Decimal) -> Decimal:
        return _stepped(price, self.price_step, ROUND_UP)

    def takes(self, quantity: Decimal, price: Decimal) -> bool:
        """Whether an order of this size would be taken at all."""
        return quantity > 0 and quantity >= self.min_quantity and quantity * price >= self.min_cost


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a strategy is sure to ask for, as its settings stand: less would stop it at once."""

    cost: Decimal  # in the quote currency
    quantity: Decimal = ZERO  # of the base currency; zero: not known before there is a price
    orders: int = 1  # open at the same time


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """What the bot holds by its own fills, after what venues kept; below zero is sold short."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def average(self) -> Decimal | None:
        return self.cost / self.quantity if self.quantity else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """The newest order of a lane, as far as is known."""

    slot: str
    turn: int
    side: Side
    type: Type
    quantity: Decimal
    filled: Decimal
    cost: Decimal
    price: Decimal | None
    is_open: bool
    by_us: bool  # it was cancelled because we wanted it to be
    is_refused: bool = False  # by its venue, which never had it or dropped it of its own accord
    at: datetime
    ended_at: datetime | None = None
    words: str = ""
    kept_back: Decimal = ZERO  # of the bought amount, as a fee of the venue

    @property
    def received(self) -> Decimal:
        return self.filled - self.kept_back

    @property
    def is_full(self) -> bool:
        return not self.is_open and self.filled >= self.quantity

    @property
    def average(self) -> Decimal | None:
        return self.cost / self.filled if self.filled else None


Lanes = Mapping[str, Placed]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One order for this turn of the lane, if it has none yet; `why` is told to its owner."""

    slot: str
    turn: int
    side: Side
    type: Type
    quantity: Decimal
    reason: str
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trailing_percent: Decimal | None = None
    reduce_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel:
    """The open order of this lane is not wanted any more."""

    slot: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Halt:
    """The bot has nothing more to do, or must not go on; a person decides what comes next."""

    words: str
    is_error: bool = False


Intent = Place | Cancel | Halt


def missed(lanes: Lanes) -> Halt | None:
    """An order of ours that ended unfilled, and not by our wish: somebody or the venue said no."""
    for lane in sorted(lanes):
        order = lanes[lane]
        if not (order.is_open or order.is_full or order.by_us):
            filled = f" after {order.filled:f} of {order.quantity:f}" if order.filled else ""
            words = order.words or "cancelled at the venue"
            return Halt(words=f"The {order.side} order of {lane} ended{filled}: {words}.")
    return None


def other(side: Side) -> Side:
    return "sell" if side == "buy" else "buy"


def percent(value: Decimal) -> Decimal:
    return value / 100


def _stepped(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    if not step:
        return value
    return (value / step).to_integral_value(rounding) * step
