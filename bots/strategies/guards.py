"""The orders that protect a position, long or short: stop loss, take profit, trailing stop.

Reduce-only futures orders can all wait at the venue together. On a spot market each of them would
reserve the same coins, so only one waits there, first of all the stop. For the others we watch the
price, and swap the orders when it is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final

from bots.strategies.decisions import (
    Cancel,
    Intent,
    Market,
    Needs,
    Place,
    Position,
    Side,
    SlotOrder,
    Slots,
    find_missed,
    opposite_side,
)
from bots.strategies.settings import Input
from users.languages.text import Phrase

STOP, PROFIT, TRAIL, EXIT = "stop", "profit", "trail", "exit"
SLOTS = (STOP, PROFIT, TRAIL, EXIT)
# A venue that refuses a reduce-only order may have closed the position: its report is on its way.
PATIENCE: Final = timedelta(minutes=1)

StopPercent = Annotated[Decimal | None, Input("Stop loss at", "%", above=0, most=90)]
TrailFrom = Annotated[Decimal | None, Input("Trail from a profit of", "%", least=0, most=1000)]


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Distances from the entry price, in percent; None: no such order."""

    stop: Decimal | None = None
    profit: Decimal | None = None
    trail: Decimal | None = None
    trail_from: Decimal | None = None  # trail from this profit on; None: from the start

    @classmethod
    def from_settings(cls, settings: Any) -> "Guards":
        """Read those settings of a strategy that are distances: `stop_percent` is `stop`."""
        distances = {field.name: f"{field.name}_percent" for field in fields(cls)}
        return cls(**{name: getattr(settings, of, None) for name, of in distances.items()})


def check_amount(settings: Any, market: Market) -> Iterator[tuple[str, str]]:
    """Check that the venue takes the entry and, on a spot market, the smaller stop loss after it.

    Quantities are in whole steps, where the price is known.
    """
    price, bought, least = market.price, settings.amount, market.min_cost
    if price is not None:
        bought = market.quantity_for(bought, price) * price
        least = max(least, market.min_quantity * price)
    stop = settings.stop_percent
    fallen = bought if stop is None else bought * (1 - stop / 100)
    if bought < least or not bought:
        yield "amount", explain_least(least)
    elif fallen < market.min_cost and not market.is_futures:
        yield (
            "amount",
            Phrase(
                "The venue takes no order below %(least)s, and its stop would be worth %(worth)s.",
                least=f"{market.min_cost:f}",
                worth=f"{fallen:f}",
            ),
        )


def explain_least(least: Decimal) -> Phrase:
    return Phrase("The venue takes no order below %(least)s.", least=f"{least:f}")


def estimate_needs(settings: Any, market: Market) -> Needs:
    """Return the needs of an entry and of its guards."""
    guards, amount = Guards.from_settings(settings), settings.amount
    distances = [each for each in (guards.stop, guards.profit, guards.trail) if each is not None]
    return Needs(
        cost=amount,
        quantity=market.quantity_for(amount, market.price) if market.price else Decimal(0),
        orders=max(1, len(distances)) if market.is_futures else 1,
    )


@dataclass(frozen=True, slots=True)
class GuardedEntry:
    """A filled entry, its guards, and the market they act in."""

    guards: Guards
    entry: SlotOrder
    market: Market
    now: datetime
    closes_now: bool = False  # at any price
    is_stop_passed: bool = False  # the venue refused the stop, because the price was beyond it

    @property
    def side(self) -> Side:
        return opposite_side(self.entry.side)

    def price_at(self, distance: Decimal, *, won: bool) -> Decimal:
        """Return the price at this distance from the entry, on the winning or the losing side."""
        entry = self.entry.average or self.entry.price or Decimal(0)
        up = won == (self.entry.side == "buy")
        price = entry * (1 + distance / (100 if up else -100))
        return self.market.round_price_up(price) if up else self.market.round_price_down(price)

    def has_reached(self, price: Decimal) -> bool:
        """Check whether the market is at this price, or further on the winning side."""
        now = self.market.price
        return now is not None and (now >= price if self.entry.side == "buy" else now <= price)

    def make_order(self, slot: str, quantity: Decimal) -> Place:
        order = partial(
            Place,
            slot=slot,
            turn=self.entry.turn,
            side=self.side,
            quantity=quantity,
            reduce_only=self.market.is_futures,
        )
        guards = self.guards
        if slot == STOP and guards.stop is not None:
            price = self.price_at(guards.stop, won=False)
            reason = Phrase("stop loss %(percent)s %% from the entry", percent=f"{guards.stop:f}")
            return order(type="stop_loss", trigger_price=price, reason=reason)
        if slot == PROFIT and guards.profit is not None:
            price = self.price_at(guards.profit, won=True)
            percent = f"{guards.profit:f}"
            reason = Phrase("take profit %(percent)s %% from the entry", percent=percent)
            return order(type="limit", price=price, reason=reason)
        if slot == TRAIL and guards.trail is not None:
            reason = Phrase("trails the price by %(percent)s %%", percent=f"{guards.trail:f}")
            return order(type="trailing_stop", trailing_percent=guards.trail, reason=reason)
        return order(type="market", reason=self._exit_reason())

    def _exit_reason(self) -> str:
        if self.is_stop_passed:
            return Phrase("the price of the stop was passed before it could wait")
        if self.closes_now:
            return Phrase("closed by command")
        return Phrase("the exit price was reached")


def protect_entry(
    guarded: GuardedEntry, position: Position, slots: Slots
) -> tuple[list[Intent], bool]:
    """Return the intents for a filled entry, and whether it is over: nothing held, none open."""
    market, turn = guarded.market, guarded.entry.turn
    orders = {slot: slots[slot] for slot in SLOTS if slot in slots and slots[slot].turn == turn}
    waiting = [slot for slot, order in orders.items() if order.is_open]
    left = market.round_quantity(abs(position.quantity))
    if left < market.min_quantity or not left:
        reason = Phrase("nothing is left to protect")
        return [Cancel(slot=slot, reason=reason) for slot in waiting], not waiting
    if _is_stop_passed(guarded, orders):
        guarded = replace(guarded, is_stop_passed=True, closes_now=True)
    ignored = STOP if guarded.is_stop_passed else None
    others = {slot: order for slot, order in orders.items() if slot != ignored}
    if halt := find_missed(others):  # venues drop reduce-only orders when nothing is left
        return ([] if _may_be_closed(others, guarded.now) else [halt]), False
    if market.is_futures:
        return list(_place_on_futures(guarded, left, orders)), False
    return list(_place_on_spot(guarded, left, orders, waiting)), False


def _is_stop_passed(guarded: GuardedEntry, orders: Slots) -> bool:
    """Detect a stop that the venue refused because the price is beyond it: close now."""
    stop, distance, price = orders.get(STOP), guarded.guards.stop, guarded.market.price
    if stop is None or not stop.is_refused_by_venue or distance is None:
        return False
    if EXIT in orders:
        return True
    at = guarded.price_at(distance, won=False)
    return price is not None and (price <= at if guarded.side == "sell" else price >= at)


def _may_be_closed(slots: Slots, now: datetime) -> bool:
    """Check whether all missed orders were refused a moment ago."""
    return all(
        order.is_refused_by_venue and now < (order.ended_at or order.at) + PATIENCE
        for order in slots.values()
        if find_missed({order.slot: order})
    )


def _place_on_futures(guarded: GuardedEntry, left: Decimal, orders: Slots) -> Iterator[Intent]:
    guards = guarded.guards
    if guarded.closes_now:
        if EXIT not in orders:
            yield guarded.make_order(EXIT, left)
        return
    for slot, distance in ((STOP, guards.stop), (PROFIT, guards.profit)):
        if distance is not None and slot not in orders:
            yield guarded.make_order(slot, left)
    if TRAIL not in orders and _starts_trailing(guarded):
        yield guarded.make_order(TRAIL, left)


def _place_on_spot(
    guarded: GuardedEntry, left: Decimal, orders: Slots, waiting: list[str]
) -> Iterator[Intent]:
    """Change the waiting order by cancelling first: its coins are free once the venue says so."""
    slot = _choose_slot(guarded, orders)
    if slot is None or slot in orders:
        return
    if waiting:
        reason = Phrase("%(slot)s takes its place", slot=slot)
        yield from (Cancel(slot=name, reason=reason) for name in waiting)
    else:
        yield guarded.make_order(slot, left)


def _choose_slot(guarded: GuardedEntry, orders: Slots) -> str | None:
    """Choose the order that waits at the venue now. One that gave way does not come back."""
    guards = guarded.guards
    if EXIT in orders or guarded.closes_now or _reaches_profit(guarded):
        return EXIT
    if TRAIL in orders or _starts_trailing(guarded):
        return TRAIL
    replaced = [order for order in orders.values() if order.cancelled_by_us and not order.is_open]
    if replaced:  # by an exit or a trail whose price has gone again meanwhile
        return EXIT if guards.trail is None else TRAIL
    if guards.stop is not None:
        return STOP
    return PROFIT if guards.profit is not None and guards.trail is None else None


def _reaches_profit(guarded: GuardedEntry) -> bool:
    """Check the price of the profit, where its order cannot wait at the venue itself."""
    guards = guarded.guards
    if guards.profit is None or (guards.stop is None and guards.trail is None):
        return False
    return guarded.has_reached(guarded.price_at(guards.profit, won=True))


def _starts_trailing(guarded: GuardedEntry) -> bool:
    guards = guarded.guards
    if guards.trail is None or guards.trail_from is None:
        return guards.trail is not None
    return guarded.has_reached(guarded.price_at(guards.trail_from, won=True))
