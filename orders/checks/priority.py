"""Decides which orders a sweep asks about now, and which of them first.

A key may be asked about only once at a time and within its venue's rate budget, so order matters.
From the most important:

1. keys whose stream does not work: nobody else would report what happens to their orders;
2. orders whose outcome is unknown, or that are on their way to the venue;
3. orders whose cancel was requested and is not confirmed;
4. orders whose price the market has crossed: a live stream that is silent about them may be dead;
5. partially filled orders;
6. orders of high value: worth at least what their bot or their owner has set, else the setting
   HIGH_VALUE, else the largest of each owner;
7. whatever was checked longest ago.

When the budget does not allow all orders of a key, only 2, 3 and 4 are asked about. An order is due
when its interval would end before the next tick; one whose price was crossed is due at each tick.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings

from exchanges.models import ExchangeKey
from exchanges.streams import leases
from orders.checks.plan import PendingOrder
from orders.lifecycle import states
from orders.models import Order

IN_FLIGHT: Final = timedelta(seconds=15)  # longer than any request to a venue may take
ONE_OF: Final = 10  # of an owner's orders are of high value, where no threshold is set


def rank_key(
    key: ExchangeKey, orders: Iterable[PendingOrder], *, now: datetime
) -> tuple[bool, tuple[object, ...]]:
    """Rank a key by its most urgent order, behind all keys whose stream does not work."""
    return leases.is_complete(key, now=now), min(map(rank_order, orders), default=())


def rank_order(order: PendingOrder) -> tuple[bool, bool, bool, bool, bool, datetime]:
    return (
        order.status not in (states.UNKNOWN, states.PENDING),
        not order.cancel_requested,
        not order.is_price_crossed,
        order.status != states.PARTIALLY_FILLED,
        not order.is_high_value,
        order.checked_at or order.created_at,
    )


def select_due(
    orders: Iterable[PendingOrder], *, now: datetime, tick: timedelta
) -> list[PendingOrder]:
    """Select the orders for which the next tick would be too late, the most urgent first."""
    return sorted((order for order in orders if _is_due(order, now, tick)), key=rank_order)


def select_urgent(orders: Iterable[PendingOrder]) -> list[PendingOrder]:
    """Select the orders that no stream alone may be trusted with."""
    return [order for order in orders if is_urgent(order)]


def is_urgent(order: PendingOrder) -> bool:
    is_unsure = order.status in (states.UNKNOWN, states.PENDING)
    return is_unsure or order.cancel_requested or order.is_price_crossed


def find_high_value(orders: Iterable[Order]) -> frozenset[int]:
    """Find the orders of high value; each value is in the quote currency of its order.

    Where nobody has set a threshold these are the largest tenth of an owner's orders in each quote
    currency, and one at least: two currencies cannot be compared, nor two owners.
    """
    high: set[int] = set()
    unset: dict[tuple[int, str], list[tuple[Decimal, int]]] = defaultdict(list)
    for order in orders:
        value, threshold = _quote_value(order), _read_threshold(order)
        if threshold and value >= threshold:
            high.add(order.pk)
        elif not threshold and value:
            unset[order.user_id, _quote_currency(order.symbol)].append((value, order.pk))
    for values in unset.values():
        high.update(_select_largest(values))
    return frozenset(high)


def _select_largest(values: Sequence[tuple[Decimal, int]]) -> list[int]:
    most = -(-len(values) // ONE_OF)
    return [pk for _, pk in sorted(values, reverse=True)[:most]]


def _read_threshold(order: Order) -> Decimal | None:
    of_bot = order.bot.high_value if order.bot else None
    return of_bot or order.user.high_value or settings.HIGH_VALUE or None


def _quote_value(order: Order) -> Decimal:
    """Return what an order is worth; nobody knows it of a market order that has no part yet."""
    price = order.price or order.trigger_price or order.average_price
    value: Decimal = order.quote_amount or (order.quantity * price if price else Decimal(0))
    return value


def _quote_currency(symbol: str) -> str:
    return symbol.partition("/")[2].partition(":")[0]


def _is_due(order: PendingOrder, now: datetime, tick: timedelta) -> bool:
    if order.submitted_at is None:
        return False
    if order.status == states.PENDING and now - order.submitted_at < IN_FLIGHT:
        return False  # its own request is still on the way
    interval = tick if order.is_price_crossed else order.interval
    return order.checked_at is None or now + tick > order.checked_at + interval
