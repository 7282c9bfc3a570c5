"""Decides what to ask a venue about a key's orders, at the least weight. Pure: no clock, no I/O."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from exchanges.base import OrderName
from exchanges.weights import Weights
from orders import states

IN_FLIGHT: Final = timedelta(seconds=15)  # longer than any request to a venue may take


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What a plan needs to know of an order."""

    id: int
    name: OrderName
    status: str
    filled: Decimal
    fills_quantity: Decimal
    every: timedelta
    created_at: datetime
    submitted_at: datetime | None
    checked_at: datetime | None
    cancel_requested: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The questions for one key, in order. Lists first: what they show need not be asked singly."""

    lists: tuple[str | None, ...] = ()  # symbols, or one None for all of them at once
    singles: tuple[Watched, ...] = ()
    listed: tuple[Watched, ...] = ()  # expected in the lists; whoever is missing is asked singly
    fills: tuple[Watched, ...] = ()
    weight: int = 0


def due(orders: Iterable[Watched], *, now: datetime, tick: timedelta) -> list[Watched]:
    """Whose turn it is, since at the next tick it would be too late; the least known first."""
    ready = (order for order in orders if _is_due(order, now, tick))
    return sorted(ready, key=urgency)


def unsent(orders: Iterable[Watched], *, now: datetime) -> list[Watched]:
    """Written down, never sent: the message to the worker was lost, or the venue was away."""
    return [
        order
        for order in orders
        if order.status == states.PENDING
        and order.submitted_at is None
        and now - order.created_at >= order.every
    ]


def uncancelled(orders: Iterable[Watched]) -> list[Watched]:
    """Open although somebody wished otherwise."""
    return [
        order
        for order in orders
        if order.cancel_requested and order.status in states.OPEN and order.submitted_at
    ]


def plan(orders: Sequence[Watched], weights: Weights) -> Plan:
    """The cheapest of: one list of everything, a list per symbol, each order by itself."""
    fills = tuple(order for order in orders if order.status not in states.OPEN)
    lost = tuple(order for order in orders if order.status in (states.PENDING, states.UNKNOWN))
    standing = [order for order in orders if order not in fills and order not in lost]
    per_symbol = Counter(order.name.symbol for order in standing)
    singly = {
        symbol
        for symbol, count in per_symbol.items()
        if count * weights.one_order <= weights.open_of_symbol
    }
    cost = sum(
        count * weights.one_order
        if symbol in singly
        else weights.open_of_symbol * pages(count, weights)
        for symbol, count in per_symbol.items()
    )
    lists: tuple[str | None, ...] = tuple(sorted(per_symbol.keys() - singly))
    everything = weights.all_open * pages(len(standing), weights)
    if everything < cost:
        lists, singly, cost = (None,), set(), everything
    singles = tuple(order for order in standing if order.name.symbol in singly)
    return Plan(
        lists=lists,
        singles=lost + singles,
        listed=tuple(order for order in standing if order.name.symbol not in singly),
        fills=fills,
        weight=cost + len(lost) * weights.one_order + len(fills) * weights.fills_of_order,
    )


def is_pressing(order: Watched) -> bool:
    """What becomes of it is not left to a stream alone."""
    return order.status in (states.UNKNOWN, states.PENDING) or order.cancel_requested


def pages(rows: int, weights: Weights) -> int:
    return max(1, -(-rows // weights.page))


def _is_due(order: Watched, now: datetime, tick: timedelta) -> bool:
    if order.submitted_at is None:
        return False
    if order.status == states.PENDING and now - order.submitted_at < IN_FLIGHT:
        return False  # its own request is still on the way
    return order.checked_at is None or now + tick > order.checked_at + order.every


def urgency(order: Watched) -> tuple[bool, bool, bool, datetime]:
    return (
        order.status not in (states.UNKNOWN, states.PENDING),
        not order.cancel_requested,
        order.status != states.PARTIALLY_FILLED,
        order.checked_at or order.created_at,
    )
