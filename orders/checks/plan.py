"""Plan the cheapest queries about a key's orders, by rate-limit weight. Pure: no clock, no I/O."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from exchanges.base import OrderName
from exchanges.venue_row import Weights
from orders.lifecycle import states


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingOrder:
    """An order to check, with what plan and priority need to know of it."""

    id: int
    name: OrderName
    status: str
    filled: Decimal
    fills_quantity: Decimal
    interval: timedelta
    created_at: datetime
    submitted_at: datetime | None
    checked_at: datetime | None
    cancel_requested: bool
    amend_requested: bool = False
    is_ours: bool = True  # others may give one name to many orders
    is_high_value: bool = False  # worth so much that it is asked about before others
    is_delisted: bool = False  # its symbol is on no list any more, so only its id finds it
    is_price_crossed: bool = False  # the market has traded beyond its price, see price_crossed.py
    lacks_fees: bool = False
    former: tuple[str, ...] = ()  # names before, of which not all is known


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPlan:
    """The queries for one key. Lists come first: what they show need not be asked singly."""

    lists: tuple[str | None, ...] = ()  # symbols, or one None for all of them at once
    lists_conditional: bool = (
        False  # also the list of those that wait for a trigger in a book of their own
    )
    singles: tuple[PendingOrder, ...] = ()
    listed: tuple[PendingOrder, ...] = ()  # expected in the lists; asked singly if missing
    fills: tuple[PendingOrder, ...] = ()
    is_full: bool = False  # every list that there is
    weight: int = 0


def select_unsent(orders: Iterable[PendingOrder], *, now: datetime) -> list[PendingOrder]:
    """Select orders saved but never sent: their task was lost, or the venue was unreachable."""
    return [
        order
        for order in orders
        if order.status == states.PENDING
        and order.submitted_at is None
        and now - order.created_at >= order.interval
    ]


def select_uncancelled(orders: Iterable[PendingOrder]) -> list[PendingOrder]:
    """Select sent orders that are still open after a cancel request."""
    return [
        order
        for order in orders
        if order.cancel_requested and order.status in states.OPEN and order.submitted_at
    ]


def select_unamended(orders: Iterable[PendingOrder]) -> list[PendingOrder]:
    """Select open orders of which a change was requested, but no cancel, and is not confirmed."""
    return [
        order
        for order in orders
        if order.amend_requested and not order.cancel_requested and order.status in states.OPEN
    ]


def build_plan(
    orders: Sequence[PendingOrder], weights: Weights, *, full: bool = False
) -> CheckPlan:
    """Choose the cheapest of: one list of everything, a list per symbol, each order singly.

    A full plan reads every list, and so also shows orders that were not placed here.
    """
    fills = tuple(o for o in orders if o.status not in states.OPEN or o.lacks_fees)
    is_open = [order for order in orders if order.status in states.OPEN]
    uncertain = tuple(order for order in is_open if _is_asked_by_id(order))
    known = [order for order in is_open if not _is_asked_by_id(order)]
    conditional = [o for o in known if o.name.is_conditional and weights.conditional_list]
    ordinary = [o for o in known if not (o.name.is_conditional and weights.conditional_list)]
    lists_conditional, conditional_cost = _plan_conditional(len(conditional), weights, full=full)
    lists, singly, cost = _plan_ordinary(ordinary, weights, full=full)
    singles = [order for order in ordinary if order.name.symbol in singly]
    listed = [order for order in ordinary if order.name.symbol not in singly]
    (listed if lists_conditional else singles).extend(conditional)
    cost += (
        conditional_cost + len(uncertain) * weights.one_order + len(fills) * weights.fills_of_order
    )
    return CheckPlan(
        lists=lists,
        lists_conditional=lists_conditional,
        singles=(*uncertain, *singles),
        listed=tuple(listed),
        fills=fills,
        is_full=full,
        weight=cost,
    )


def _is_asked_by_id(order: PendingOrder) -> bool:
    return order.status in (states.PENDING, states.UNKNOWN) or order.is_delisted


def _plan_ordinary(
    orders: Sequence[PendingOrder], weights: Weights, *, full: bool
) -> tuple[tuple[str | None, ...], set[str], int]:
    """Return the lists to read, the symbols whose orders are asked singly, and the cost."""
    per_symbol = Counter(order.name.symbol for order in orders)
    singly = {
        symbol
        for symbol, count in per_symbol.items()
        if count * weights.one_order <= weights.open_of_symbol
    }
    cost = sum(
        count * weights.one_order
        if symbol in singly
        else weights.open_of_symbol * count_pages(count, weights)
        for symbol, count in per_symbol.items()
    )
    cost_of_all = weights.all_open * count_pages(len(orders), weights)
    if full or cost_of_all < cost:
        return (None,), set(), cost_of_all
    return tuple(sorted(per_symbol.keys() - singly)), singly, cost


def _plan_conditional(orders: int, weights: Weights, *, full: bool) -> tuple[bool, int]:
    """Decide whether the separate list of conditional orders is read; return that and the cost."""
    listed, singly = (
        weights.conditional_list * count_pages(orders, weights),
        orders * weights.one_order,
    )
    if listed and (full or listed < singly):
        return True, listed
    return False, singly


def is_at_venue(order: PendingOrder) -> bool:
    """Tell whether we take an order to be at its venue, or on its way there."""
    sent = order.status == states.PENDING and order.submitted_at is not None
    return sent or order.status in (states.NEW, states.PARTIALLY_FILLED)


def count_pages(rows: int, weights: Weights) -> int:
    return max(1, -(-rows // weights.page))
