"""A market in memory for a strategy: its orders wait, and fill when the price moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bots.strategies.decisions import (
    Amend,
    Cancel,
    Halt,
    Market,
    Place,
    Position,
    Sample,
    SlotOrder,
)
from bots.strategies.registry import STRATEGIES
from bots.strategies.settings import read_settings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SPOT = Market(
    symbol="BTC/USDT",
    is_futures=False,
    price_step=Decimal("0.01"),
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_cost=Decimal(5),
    price=Decimal(100),
)
FUTURES = replace(SPOT, symbol="BTC/USDT:USDT", is_futures=True)
MOST_TURNS = 50


def format_number(number: Decimal | None) -> str:
    return "any price" if number is None else f"{number.normalize():f}"


class TurnRepeated(AssertionError):
    """A second order for the same turn of a slot."""


class NotEnoughCoins(AssertionError):
    """A sale of more coins than are held."""


@dataclass
class PaperMarket:
    """`fee` is what the venue keeps of a purchase on a spot market."""

    name: str
    raw: Mapping[str, Any]
    market: Market = SPOT
    fee: Decimal = Decimal(0)
    now: datetime = NOON
    base: Decimal = Decimal(0)
    quote: Decimal = Decimal(0)
    slots: dict[str, SlotOrder] = field(default_factory=dict)
    terms: dict[str, Place] = field(default_factory=dict)
    bought: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    history: list[Place] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    halted: Halt | None = None
    best: dict[str, Decimal] = field(default_factory=dict)
    refuses_changes: bool = False

    def __post_init__(self) -> None:
        self.strategy = STRATEGIES[self.name]
        self.settings = read_settings(self.strategy.Settings, self.raw)

    @property
    def position(self) -> Position:
        return Position(quantity=self.bought, cost=self.spent)

    def open(self) -> list[SlotOrder]:
        return [order for order in self.slots.values() if order.is_open]

    def list_waiting(self) -> list[str]:
        """Return the open orders as "slot: side quantity at price (or trigger)"."""
        return sorted(f"{order.slot}: {self._describe_order(order)}" for order in self.open())

    def _describe_order(self, order: SlotOrder) -> str:
        terms = self.terms[order.slot]
        price = format_number(terms.price or terms.trigger_price)
        return f"{order.side} {format_number(order.quantity)} at {price}"

    def settle(self) -> "PaperMarket":
        """Decide until nothing more is wanted; market orders are filled at once."""
        for _ in range(MOST_TURNS):
            if self.halted:
                return self
            intents = self.strategy.decide(
                self.settings, self.position, dict(self.slots), self.market, self.now
            )
            if not intents:
                return self
            for intent in intents:
                self._apply_intent(intent)
        raise AssertionError(f"it never stops deciding: {self.reasons[-5:]}")

    def _apply_intent(self, intent: Any) -> None:
        match intent:
            case Halt():
                self.halted = intent
            case Cancel(slot=slot):
                assert self.slots[slot].is_open
                self.end_order(slot, cancelled_by_us=True)
            case Amend():
                self._amend_order(intent)
            case Place():
                self._place_order(intent)

    def _amend_order(self, amend: Amend) -> None:
        order = self.slots[amend.slot]
        assert order.is_open
        assert self.market.amends
        assert amend.quantity - order.filled <= self.base
        self.reasons.append(amend.reason)
        self.terms[amend.slot] = replace(self.terms[amend.slot], price=amend.price)
        asked = replace(order, asked_quantity=amend.quantity)
        if self.refuses_changes:
            self.slots[amend.slot] = asked
        else:
            self.slots[amend.slot] = replace(asked, quantity=amend.quantity, price=amend.price)

    def _place_order(self, place: Place) -> None:
        last = self.slots.get(place.slot)
        if last is not None and (last.is_open or last.turn >= place.turn):
            raise TurnRepeated(place)
        reserved = sum(
            (order.quantity - order.filled for order in self.open() if order.side == "sell"),
            Decimal(0),
        )
        covered = self.market.is_futures or reserved + place.quantity <= self.base
        if place.side == "sell" and not covered:
            raise NotEnoughCoins(place)
        self.history.append(place)
        self.reasons.append(place.reason)
        self.terms[place.slot] = place
        self.slots[place.slot] = SlotOrder(
            slot=place.slot,
            turn=place.turn,
            side=place.side,
            type=place.type,
            quantity=place.quantity,
            filled=Decimal(0),
            cost=Decimal(0),
            price=place.price,
            is_open=True,
            cancelled_by_us=False,
            at=self.now,
        )
        if place.type == "market":
            assert self.market.price is not None
            self.fill_order(place.slot, self.market.price)

    def fill_order(self, slot: str, price: Decimal, quantity: Decimal | None = None) -> None:
        order = self.slots[slot]
        quantity = order.quantity - order.filled if quantity is None else quantity
        takes_fee = order.side == "buy" and not self.market.is_futures
        fee = quantity * self.fee if takes_fee else Decimal(0)
        way = 1 if order.side == "buy" else -1
        self.base += way * quantity - fee
        self.quote -= way * quantity * price
        self._add_to_position(way * quantity - fee, way * quantity * price)
        filled = order.filled + quantity
        over = filled == order.quantity
        self.slots[slot] = replace(
            order,
            filled=filled,
            cost=order.cost + quantity * price,
            fee_in_base=order.fee_in_base + fee,
            is_open=not over,
            ended_at=self.now if over else None,
        )

    def _add_to_position(self, quantity: Decimal, cost: Decimal) -> None:
        """Add to the position, or reduce it at the average cost."""
        if self.bought and quantity * self.bought < 0:
            cost = self.spent * quantity / self.bought
        self.bought += quantity
        self.spent = self.spent + cost if self.bought else Decimal(0)

    def end_order(
        self, slot: str, *, cancelled_by_us: bool = False, reason: str = "", refused: bool = False
    ) -> None:
        self.slots[slot] = replace(
            self.slots[slot],
            is_open=False,
            cancelled_by_us=cancelled_by_us,
            end_reason=reason,
            ended_at=self.now,
            is_refused_by_venue=refused,
        )

    def move_price(self, price: str | Decimal, *, minutes: int = 1) -> "PaperMarket":
        """Move the price, fill the orders it reaches, and let the strategy decide."""
        price = Decimal(price)
        self.now += timedelta(minutes=minutes)
        samples = (*self.market.samples, Sample(at=self.now, high=price, low=price))
        self.market = replace(self.market, price=price, samples=samples)
        for order in self.open():
            if (at := self._fill_price(order, price)) is not None:
                if self.terms[order.slot].reduce_only and not self.base:
                    self.end_order(order.slot, reason="nothing to reduce")
                else:
                    self.fill_order(order.slot, at)
        return self.settle()

    def _fill_price(self, order: SlotOrder, price: Decimal) -> Decimal | None:
        how, buys = self.terms[order.slot], order.side == "buy"
        match how.type:
            case "limit":
                assert how.price is not None
                return how.price if (price <= how.price if buys else price >= how.price) else None
            case "stop_loss":
                assert how.trigger_price is not None
                hit = price >= how.trigger_price if buys else price <= how.trigger_price
                return price if hit else None
            case _:
                return self._trailing_price(order, how, price)

    def _trailing_price(self, order: SlotOrder, how: Place, price: Decimal) -> Decimal | None:
        buys, key = order.side == "buy", f"{order.slot} {order.turn}"
        pick = min if buys else max
        self.best[key] = pick(self.best.get(key, price), price)
        assert how.trailing_percent is not None
        way = 1 if buys else -1
        turn = self.best[key] * (1 + way * how.trailing_percent / 100)
        return price if (price >= turn if buys else price <= turn) else None
