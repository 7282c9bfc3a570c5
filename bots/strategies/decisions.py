"""The types that a strategy gets and returns. Pure: no clock, no database, no venue.

Each order of a bot has a slot, such as "buy" or "step-003", and a turn. A slot has one order for
each turn, ever: a strategy that asks for the same turn twice gets one order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final, Literal

from users.languages.text import Phrase

Side = Literal["buy", "sell"]
Type = Literal["limit", "market", "stop_loss", "take_profit", "trailing_stop"]
ZERO = Decimal(0)
SIDES: Final = {"buy": Phrase("buy"), "sell": Phrase("sell")}  # as the owner reads them


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The highest and the lowest price of a period that ended at `at`."""

    at: datetime
    high: Decimal
    low: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """A symbol's rules and its price; a price of None: no price is recent enough to act on."""

    symbol: str
    is_futures: bool
    price_step: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_cost: Decimal
    price: Decimal | None = None
    samples: Sequence[Sample] = ()
    most_leverage: int | None = None  # None: its venue does not publish it
    amends: bool = False  # its venue can give an open limit order another quantity and price

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Round down to whole steps of the quantity: never more than was asked for."""
        return _round_to_step(quantity, self.quantity_step, ROUND_DOWN)

    def quantity_for(self, cost: Decimal, price: Decimal) -> Decimal:
        """Return the quantity that `cost` of the quote currency buys."""
        return self.round_quantity(cost / price)

    def round_price_down(self, price: Decimal) -> Decimal:
        return _round_to_step(price, self.price_step, ROUND_DOWN)

    def round_price_up(self, price: Decimal) -> Decimal:
        return _round_to_step(price, self.price_step, ROUND_UP)

    def explain_price_step(self) -> Phrase:
        step = f"{self.price_step:f}"
        return Phrase("%(symbol)s is priced in steps of %(step)s.", symbol=self.symbol, step=step)

    def explain_quantity_step(self) -> Phrase:
        step = f"{self.quantity_step:f}"
        return Phrase("%(symbol)s is traded in steps of %(step)s.", symbol=self.symbol, step=step)

    def accepts_order(self, quantity: Decimal, price: Decimal) -> bool:
        """Check an order against the venue's minimum quantity and minimum cost."""
        return quantity > 0 and quantity >= self.min_quantity and quantity * price >= self.min_cost


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """The least that a strategy needs with its settings: with smaller limits it stops at once."""

    cost: Decimal  # in the quote currency
    quantity: Decimal = ZERO  # of the base currency; zero: not known before there is a price
    orders: int = 1  # open at the same time


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """The bot's holdings by its own fills, less fees in coins; below zero it is short."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def average(self) -> Decimal | None:
        return self.cost / self.quantity if self.quantity else None


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotOrder:
    """The newest order of a slot, as far as it is known."""

    slot: str
    turn: int
    side: Side
    type: Type
    quantity: Decimal
    filled: Decimal
    cost: Decimal
    price: Decimal | None
    is_open: bool
    cancelled_by_us: bool
    is_refused_by_venue: bool = False  # it never had it, or dropped it of its own accord
    at: datetime
    ended_at: datetime | None = None
    end_reason: str = ""
    fee_in_base: Decimal = ZERO  # the venue took it from the bought quantity
    is_changing: bool = False  # another quantity was asked for; the venue has not answered
    asked_quantity: Decimal | None = None  # the last one that was asked for

    @property
    def received(self) -> Decimal:
        return self.filled - self.fee_in_base

    @property
    def is_full(self) -> bool:
        return not self.is_open and self.filled >= self.quantity

    @property
    def average(self) -> Decimal | None:
        return self.cost / self.filled if self.filled else None


Slots = Mapping[str, SlotOrder]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Place one order for this turn of the slot, if it has none; its owner reads the reason."""

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
    """Cancel the open order of this slot."""

    slot: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Amend:
    """Change the open order of this slot, if its venue can; the quantity counts what is filled."""

    slot: str
    quantity: Decimal
    price: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Halt:
    """Stop the bot: it is done, or must not go on, and a person decides what comes next."""

    reason: str
    is_error: bool = False


Intent = Place | Cancel | Amend | Halt


def find_missed(slots: Slots) -> Halt | None:
    """Return a Halt if an order ended before it was filled, and we did not cancel it.

    Somebody cancelled it at the venue, or the venue refused it: the plan does not hold any more.
    """
    for slot in sorted(slots):
        order = slots[slot]
        if not (order.is_open or order.is_full or order.cancelled_by_us):
            return Halt(reason=_explain_missed(order))
    return None


def _explain_missed(order: SlotOrder) -> Phrase:
    values = {
        "side": SIDES[order.side],
        "slot": order.slot,
        "reason": order.end_reason or Phrase("cancelled at the venue"),
        "filled": f"{order.filled:f}",
        "quantity": f"{order.quantity:f}",
    }
    if not order.filled:
        return Phrase("The %(side)s order of %(slot)s ended: %(reason)s.", **values)
    return Phrase(
        "The %(side)s order of %(slot)s ended after %(filled)s of %(quantity)s: %(reason)s.",
        **values,
    )


def opposite_side(side: Side) -> Side:
    return "sell" if side == "buy" else "buy"


def _round_to_step(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding) * step if step else value
