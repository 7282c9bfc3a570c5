"""The account of a back-test: its money, its orders, and what a candle fills of them. Pure.

Orders have the slots and turns that the runner gives them, so that a strategy sees the same types
as when it is live. All amounts are exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from bots.backtest.order_match import BacktestTerms, Match, OrderMatcher, PastCandle, TrailMark
from bots.pnl.accumulator import BookState
from bots.pnl.lots import SMALLEST, Ledger, LedgerFill, Method
from bots.strategies.decisions import ZERO, Amend, Market, Place, Position, Side, SlotOrder
from realtime.values import EXACT, format_money

MISSING_COINS = "it sells more than is held"
MISSING_MONEY = "the money did not suffice"
NOTHING_LEFT = "nothing was left to reduce"


@dataclass(frozen=True, slots=True)
class PastFill:
    """A fill of a back-test, with the reason of its order; the fee is in the quote currency."""

    at: datetime
    place: Place
    quantity: Decimal
    price: Decimal
    fee: Decimal


@dataclass(slots=True)
class OpenPlace:
    """An open order, and how its candles went."""

    place: Place
    is_new: bool = True
    trail: TrailMark = field(default_factory=TrailMark)


class BacktestAccount:
    """Money, coins or contracts, and orders."""

    def __init__(self, market: Market, terms: BacktestTerms, method: Method) -> None:
        self.market, self.terms = market, terms
        self.cash = terms.money
        self.slots: dict[str, SlotOrder] = {}
        self.open: dict[str, OpenPlace] = {}
        self.fills: list[PastFill] = []
        self.placed: list[Place] = []
        self.book = BookState(Ledger(method))
        self._holding = Ledger("average")  # as run_state counts the position of a live bot
        self._matcher = OrderMatcher(market, terms.slippage)

    @property
    def position(self) -> Position:
        return Position(quantity=self._holding.quantity, cost=self._holding.cost)

    def value_at(self, price: Decimal) -> Decimal:
        return EXACT.add(self.cash, EXACT.multiply(self._holding.quantity, price))

    def place_order(self, place: Place, price: Decimal, now: datetime) -> str:
        """Keep the order until a candle fills it; return the reason if there is no room for it."""
        last = self.slots.get(place.slot)
        if last is not None and last.turn >= place.turn:
            return ""  # the runner ignores it too: a turn has one order
        if not self.market.accepts_order(place.quantity, place.price or price):
            return f"The {place.side} order of {place.slot} is less than the venue takes."
        if refusal := self._find_missing(place, price):
            return refusal
        self.slots[place.slot] = _make_slot_order(place, now)
        self.open[place.slot] = OpenPlace(place)
        self.placed.append(place)
        return ""

    def cancel_order(self, slot: str, now: datetime) -> None:
        if self.open.pop(slot, None) is not None:
            order = self.slots[slot]
            self.slots[slot] = replace(order, is_open=False, cancelled_by_us=True, ended_at=now)

    def amend_order(self, amend: Amend) -> None:
        """Give an open order another quantity and price, which venues do at once."""
        waiting, order = self.open[amend.slot], self.slots[amend.slot]
        changed = replace(waiting.place, quantity=amend.quantity, price=amend.price)
        self.open[amend.slot] = replace(waiting, place=changed)
        self.slots[amend.slot] = replace(
            order, quantity=amend.quantity, price=amend.price, asked_quantity=amend.quantity
        )

    def match_candle(self, candle: PastCandle, ended_at: datetime) -> None:
        """Fill what this candle reaches: first at its open, then stops before limits."""
        matches = []
        for waiting in self.open.values():
            match = self._matcher.match_order(
                waiting.place, candle, waiting.trail, is_new=waiting.is_new
            )
            waiting.is_new = False
            if match is not None:
                matches.append((match, waiting.place))
        for match, place in sorted(matches, key=_match_rank):
            self._fill_order(place, match, candle.at if match.at_open else ended_at)

    def _fill_order(self, place: Place, match: Match, at: datetime) -> None:
        quantity = self._limit_to_position(place)
        if not quantity:
            return self._refuse_order(place, NOTHING_LEFT, at)
        if refusal := self._lacks_funds(place, quantity, match.price):
            return self._refuse_order(place, refusal, at)
        fill = self._make_fill(place, quantity, match, at)
        amount = EXACT.multiply(quantity, match.price)
        paid = ZERO if fill.fee_in_base else (fill.fee or ZERO)
        self.cash = EXACT.subtract(
            EXACT.add(self.cash, -amount if place.side == "buy" else amount), paid
        )
        self._holding.add_fill(replace(fill, fee=ZERO))
        self.book.add_fill(len(self.fills) + 1, fill, dust=self.market.min_quantity)
        fee = EXACT.multiply(fill.fee_in_base, match.price) if fill.fee_in_base else paid
        self.fills.append(PastFill(at, place, quantity, match.price, fee))
        self._end_order(place, quantity, amount, fill.fee_in_base, at)
        return None

    def _make_fill(self, place: Place, quantity: Decimal, match: Match, at: datetime) -> LedgerFill:
        """Charge the fee as most venues do: in the bought coins at spot, else in the quote."""
        share = self.terms.maker if match.is_maker else self.terms.taker
        if place.side == "buy" and not self.market.is_futures:
            in_base = EXACT.quantize(EXACT.multiply(quantity, share), SMALLEST)
            return LedgerFill(place.side, quantity, match.price, at, fee_in_base=in_base)
        amount = EXACT.multiply(quantity, match.price)
        fee = EXACT.quantize(EXACT.multiply(amount, share), SMALLEST)
        return LedgerFill(place.side, quantity, match.price, at, fee=fee)

    def _end_order(
        self, place: Place, quantity: Decimal, amount: Decimal, in_base: Decimal, at: datetime
    ) -> None:
        """End the order as filled; a reduced one is as large as what was left to reduce."""
        del self.open[place.slot]
        self.slots[place.slot] = replace(
            self.slots[place.slot],
            quantity=quantity,
            filled=quantity,
            cost=amount,
            fee_in_base=in_base,
            is_open=False,
            ended_at=at,
        )

    def _refuse_order(self, place: Place, reason: str, at: datetime) -> None:
        del self.open[place.slot]
        self.slots[place.slot] = replace(
            self.slots[place.slot],
            is_open=False,
            is_refused_by_venue=True,
            end_reason=reason,
            ended_at=at,
        )

    def _limit_to_position(self, place: Place) -> Decimal:
        """Return the quantity to fill: of an order that reduces, no more than is held."""
        if not place.reduce_only:
            return place.quantity
        held = self._holding.quantity if place.side == "sell" else -self._holding.quantity
        return min(place.quantity, max(ZERO, held))

    def _lacks_funds(self, place: Place, quantity: Decimal, price: Decimal) -> str:
        """Return why the venue would refuse it at the fill: the price may have moved away."""
        if self.market.is_futures:
            return ""
        if place.side == "sell":
            return MISSING_COINS if quantity > self._holding.quantity else ""
        return MISSING_MONEY if EXACT.multiply(quantity, price) > self.cash else ""

    # Room for another order

    def _find_missing(self, place: Place, price: Decimal) -> str:
        """Compare an order with the money or the coins that no open order has reserved."""
        if place.reduce_only:
            return ""
        if place.side == "sell" and not self.market.is_futures:
            reserved = sum((each.quantity for each in self._list_open("sell")), ZERO)
            left = EXACT.subtract(self._holding.quantity, reserved)
            return _describe_lack(place.quantity, left) if place.quantity > left else ""
        needed = EXACT.multiply(place.quantity, self._expect_price(place, price))
        reserved = sum(
            (
                each.quantity * self._expect_price(each, price)
                for each in self._list_open(place.side)
            ),
            ZERO,
        )
        left = EXACT.subtract(self._free_money(place.side), reserved)
        return _describe_lack(needed, left) if needed > left else ""

    def _free_money(self, side: Side) -> Decimal:
        """Return the money for orders of this side; of contracts, without any leverage."""
        if not self.market.is_futures:
            return self.cash
        cost = self._holding.cost
        taken = cost if side == "buy" else -cost
        return EXACT.subtract(EXACT.add(self.cash, cost), max(ZERO, taken))

    def _expect_price(self, place: Place, price: Decimal) -> Decimal:
        return place.price or place.trigger_price or self._matcher.worsen_price(place.side, price)

    def _list_open(self, side: Side) -> Iterator[Place]:
        for waiting in self.open.values():
            if waiting.place.side == side and not waiting.place.reduce_only:
                yield waiting.place


def _describe_lack(needed: Decimal, left: Decimal) -> str:
    return f"{format_money(needed)} is needed, and {format_money(max(ZERO, left))} is left."


def _match_rank(row: tuple[Match, Place]) -> tuple[int, int, Decimal]:
    """Sort what is filled by one candle: at its open, then stops, purchases and sales."""
    match, place = row
    if match.at_open:
        return 0, 0, ZERO
    if not match.is_maker:
        return 1, 0, ZERO
    return (1, 1, -match.price) if place.side == "buy" else (1, 2, match.price)


def _make_slot_order(place: Place, now: datetime) -> SlotOrder:
    return SlotOrder(
        slot=place.slot,
        turn=place.turn,
        side=place.side,
        type=place.type,
        quantity=place.quantity,
        filled=ZERO,
        cost=ZERO,
        price=place.price,
        is_open=True,
        cancelled_by_us=False,
        at=now,
    )
