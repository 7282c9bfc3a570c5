"""A market on paper for a strategy to act on: it decides, its orders wait, the price moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bots.strategies import STRATEGIES
from bots.strategies.settings import read_settings
from bots.strategies.types import Cancel, Halt, Market, Place, Position, Sample, SlotOrder

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


def plain(number: Decimal | None) -> str:
    return "any price" if number is None else f"{number.normalize():f}"


class TwiceWanted(AssertionError):
    """A turn of a lane that has had its order."""


class NotCovered(AssertionError):
    """An order for coins that are not there."""


@dataclass
class Stage:
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
    whys: list[str] = field(default_factory=list)
    halted: Halt | None = None
    best: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.strategy = STRATEGIES[self.name]
        self.settings = read_settings(self.strategy.Settings, self.raw)

    @property
    def position(self) -> Position:
        return Position(quantity=self.bought, cost=self.spent)

    def open(self) -> list[SlotOrder]:
        return [one for one in self.slots.values() if one.is_open]

    def places(self) -> list[str]:
        """What waits, as "lane: side quantity at price (or trigger)"."""
        return sorted(f"{one.slot}: {self._words(one)}" for one in self.open())

    def _words(self, order: SlotOrder) -> str:
        how = self.terms[order.slot]
        return f"{order.side} {plain(order.quantity)} at {plain(how.price or how.trigger_price)}"

    def settle(self) -> "Stage":
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
                self._do(intent)
        raise AssertionError(f"it never comes to rest: {self.whys[-5:]}")

    def _do(self, intent: Any) -> None:
        match intent:
            case Halt():
                self.halted = intent
            case Cancel(slot=slot):
                assert self.slots[slot].is_open
                self.end(slot, cancelled_by_us=True)
            case Place():
                self._place(intent)

    def _place(self, place: Place) -> None:
        last = self.slots.get(place.slot)
        if last is not None and (last.is_open or last.turn >= place.turn):
            raise TwiceWanted(place)
        reserved = sum(
            (one.quantity - one.filled for one in self.open() if one.side == "sell"), Decimal(0)
        )
        covered = self.market.is_futures or reserved + place.quantity <= self.base
        if place.side == "sell" and not covered:
            raise NotCovered(place)
        self.history.append(place)
        self.whys.append(place.reason)
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
            self.fill(place.slot, self.market.price)

    def fill(self, slot: str, price: Decimal, quantity: Decimal | None = None) -> None:
        order = self.slots[slot]
        part = order.quantity - order.filled if quantity is None else quantity
        kept = part * self.fee if order.side == "buy" and not self.market.is_futures else Decimal(0)
        way = 1 if order.side == "buy" else -1
        self.base += way * part - kept
        self.quote -= way * part * price
        self._hold(way * part - kept, way * part * price)
        filled = order.filled + part
        over = filled == order.quantity
        self.slots[slot] = replace(
            order,
            filled=filled,
            cost=order.cost + part * price,
            fee_in_base=order.fee_in_base + kept,
            is_open=not over,
            ended_at=self.now if over else None,
        )

    def _hold(self, quantity: Decimal, cost: Decimal) -> None:
        """At the average cost."""
        if self.bought and quantity * self.bought < 0:
            cost = self.spent * quantity / self.bought
        self.bought += quantity
        self.spent = self.spent + cost if self.bought else Decimal(0)

    def end(
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

    def move(self, price: str | Decimal, *, minutes: int = 1) -> "Stage":
        """The price goes there; what waits for it is filled, and the strategy follows."""
        price = Decimal(price)
        self.now += timedelta(minutes=minutes)
        samples = (*self.market.samples, Sample(at=self.now, high=price, low=price))
        self.market = replace(self.market, price=price, samples=samples)
        for order in self.open():
            if (at := self._reached(order, price)) is not None:
                if self.terms[order.slot].reduce_only and not self.base:
                    self.end(order.slot, reason="nothing to reduce")
                else:
                    self.fill(order.slot, at)
        return self.settle()

    def _reached(self, order: SlotOrder, price: Decimal) -> Decimal | None:
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
                return self._turned(order, how, price)

    def _turned(self, order: SlotOrder, how: Place, price: Decimal) -> Decimal | None:
        buys, key = order.side == "buy", f"{order.slot} {order.turn}"
        pick = min if buys else max
        self.best[key] = pick(self.best.get(key, price), price)
        assert how.trailing_percent is not None
        way = 1 if buys else -1
        turn = self.best[key] * (1 + way * how.trailing_percent / 100)
        return price if (price >= turn if buys else price <= turn) else None
