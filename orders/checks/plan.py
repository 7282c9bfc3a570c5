"""Decides what to ask a venue about a key's orders, at the least weight. Pure: no clock, no I/O."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from exchanges.base import OrderName, Weights
from orders.lifecycle import states

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
    is_ours: bool = True  # others may give one name to many orders
    is_high: bool = False  # worth so much that it is asked about before others
    is_passed: bool = False  # the market has traded beyond its price, see price_crossed.py
    lacks_fees: bool = False
    former: tuple[str, ...] = ()  # names before, of which not all is known


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The questions for one key, in order. Lists first: what they show need not be asked singly."""

    lists: tuple[str | None, ...] = ()  # symbols, or one None for all of them at once
    waiting: bool = False  # also the list of those that wait for a trigger in a book of their own
    singles: tuple[Watched, ...] = ()
    listed: tuple[Watched, ...] = ()  # expected in the lists; whoever is missing is asked singly
    fills: tuple[Watched, ...] = ()
    whole: bool = False  # every list that there is
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


def plan(orders: Sequence[Watched], weights: Weights, *, whole: bool = False) -> Plan:
    """The cheapest of: one list of everything, a list per symbol, each order by itself.

    A whole plan reads every list, and so shows what nobody here has asked for.
    """
    fills = tuple(o for o in orders if o.status not in states.OPEN or o.lacks_fees)
    lost = tuple(order for order in orders if order.status in (states.PENDING, states.UNKNOWN))
    known = [order for order in orders if order.status in (states.NEW, states.PARTIALLY_FILLED)]
    apart = [o for o in known if o.name.is_conditional and weights.conditional_list]
    standing = [o for o in known if not (o.name.is_conditional and weights.conditional_list)]
    waiting, cost_apart = _apart(len(apart), weights, whole=whole)
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
    if whole or everything < cost:
        lists, singly, cost = (None,), set(), everything
    singles = [order for order in standing if order.name.symbol in singly]
    listed = [order for order in standing if order.name.symbol not in singly]
    (listed if waiting else singles).extend(apart)
    cost += cost_apart + len(lost) * weights.one_order + len(fills) * weights.fills_of_order
    return Plan(
        lists=lists,
        waiting=waiting,
        singles=(*lost, *singles),
        listed=tuple(listed),
        fills=fills,
        whole=whole,
        weight=cost,
    )


def _apart(orders: int, weights: Weights, *, whole: bool) -> tuple[bool, int]:
    """Whether the list of those that wait in a book of their own is read, and what that costs."""
    listed, singly = weights.conditional_list * pages(orders, weights), orders * weights.one_order
    if listed and (whole or listed < singly):
        return True, listed
    return False, singly


def is_held(order: Watched) -> bool:
    """Taken to be at the venue, or on its way there."""
    sent = order.status == states.PENDING and order.submitted_at is not None
    return sent or order.status in (states.NEW, states.PARTIALLY_FILLED)


def is_pressing(order: Watched) -> bool:
    """What becomes of it is not left to a stream alone."""
    unsure = order.status in (states.UNKNOWN, states.PENDING)
    return unsure or order.cancel_requested or order.is_passed


def pages(rows: int, weights: Weights) -> int:
    return max(1, -(-rows // weights.page))


def _is_due(order: Watched, now: datetime, tick: timedelta) -> bool:
    if order.submitted_at is None:
        return False
    if order.status == states.PENDING and now - order.submitted_at < IN_FLIGHT:
        return False  # its own request is still on the way
    every = tick if order.is_passed else order.every
    return order.checked_at is None or now + tick > order.checked_at + every


def urgency(order: Watched) -> tuple[bool, bool, bool, bool, bool, datetime]:
    return (
        order.status not in (states.UNKNOWN, states.PENDING),
        not order.cancel_requested,
        not order.is_passed,
        order.status != states.PARTIALLY_FILLED,
        not order.is_high,
        order.checked_at or order.created_at,
    )
