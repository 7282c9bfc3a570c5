"""The orders that a bot would place now, and those that follow once they are filled. Pure.

Asked of the strategy itself: first with nothing open, then as if all of that were filled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bots.charts.ladder import Rung
from bots.strategies.decisions import ZERO, Market, Place, Position, SlotOrder
from bots.strategies.entry_and_exit import ENTRY
from bots.strategies.guards import PROFIT, STOP, TRAIL, GuardedEntry, Guards
from bots.strategies.registry import StrategyModule
from users.languages.recipient import localize


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """The plan at one price; an example shows an entry that is not due yet."""

    rungs: list[Rung]
    bound: Decimal  # by the orders that are placed at once
    is_example: bool = False


def plan_orders(
    strategy: StrategyModule, settings: Any, market: Market, *, now: datetime
) -> OrderPlan:
    """Plan the orders at the market's price; without one only limit orders are known."""
    first = _list_places(strategy, settings, Position(), {}, market, now)
    if not first and market.price is not None and hasattr(settings, "amount"):
        return OrderPlan(list(_plan_guards(settings, market, market.price, now)), ZERO, True)
    slots = {place.slot: _fill_place(place, market, now) for place in first}
    position = _add_up(slots.values(), is_futures=market.is_futures)
    then = _list_places(strategy, settings, position, slots, market, now)
    rungs = [*_make_rungs(first, market), *_make_rungs(then, market, is_later=True)]
    bound = sum(
        (rung.cost for rung in rungs if not rung.is_later and _binds_money(rung, market)), ZERO
    )
    return OrderPlan(rungs, bound)


def _list_places(
    strategy: StrategyModule,
    settings: Any,
    position: Position,
    slots: dict[str, SlotOrder],
    market: Market,
    now: datetime,
) -> list[Place]:
    intents = strategy.decide(settings, position, slots, market, now)
    return [intent for intent in intents if isinstance(intent, Place)]


def _make_rungs(places: list[Place], market: Market, *, is_later: bool = False) -> Iterator[Rung]:
    for place in places:
        price = place.price or place.trigger_price or market.price
        if price is not None:
            yield Rung(price=price, side=place.side, quantity=place.quantity, is_later=is_later,
                       label=localize(place.reason))  # fmt: skip


def _binds_money(rung: Rung, market: Market) -> bool:
    return rung.side == "buy" or market.is_futures


def _fill_place(place: Place, market: Market, now: datetime) -> SlotOrder:
    price = place.price or market.price or ZERO
    return SlotOrder(
        slot=place.slot, turn=place.turn, side=place.side, type=place.type,
        quantity=place.quantity, filled=place.quantity, cost=place.quantity * price,
        price=place.price, is_open=False, cancelled_by_us=False, at=now, ended_at=now,
    )  # fmt: skip


def _add_up(orders: Any, *, is_futures: bool) -> Position:
    """Return the position after all of them; sales of coins at spot leave none."""
    quantity, cost = ZERO, ZERO
    for order in orders:
        sign = 1 if order.side == "buy" else -1
        if sign > 0 or is_futures:
            quantity, cost = quantity + sign * order.filled, cost + sign * order.cost
    return Position(quantity=quantity, cost=cost)


def _plan_guards(settings: Any, market: Market, price: Decimal, now: datetime) -> Iterator[Rung]:
    """Show an entry at the present price, and the orders that would protect it."""
    quantity = market.quantity_for(settings.amount, price)
    place = Place(slot=ENTRY, turn=1, side="buy", type="market", quantity=quantity,
                  reason=_("an entry at the price of now"))  # fmt: skip
    yield Rung(
        price=price, side="buy", quantity=quantity, is_later=True, label=localize(place.reason)
    )
    guards = Guards.from_settings(settings)
    guarded = GuardedEntry(guards, _fill_place(place, market, now), market, now)
    levels = (
        (STOP, guards.stop, False),
        (PROFIT, guards.profit, True),
        (TRAIL, guards.trail, False),
    )
    for slot, distance, won in levels:
        if distance is not None:
            exit_place, level = (
                guarded.make_order(slot, quantity),
                guarded.price_at(distance, won=won),
            )
            yield Rung(price=level, side="sell", quantity=quantity, is_later=True,
                       label=localize(exit_place.reason))  # fmt: skip
