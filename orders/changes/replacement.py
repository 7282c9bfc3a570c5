"""Change orders at venues that end an order and place another of the same name.

Between the two steps nothing waits there, and the owner still sees his order. So it is noted before
the first one. Whoever sends the change again, after a crash or an answer that did not come, finds
the order cancelled and knows that it was us: the new order is placed, or else the former one.

It is never placed twice: it is looked up before, and a venue refuses a second open order of the
same name.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from django.core.cache import cache

from exchanges import base, pool, venues
from orders.models import Order
from orders.order_state import build_order_name

log = structlog.get_logger(__name__)

LOCK_SECONDS: Final = 15  # longer than a request may take, and short after a crash


@contextmanager
def lock_change(order_id: int) -> Iterator[bool]:
    """Yield whether this process may send the change: another one may wait for the answer.

    It would find the order cancelled meanwhile, and take it for the work of a dead process.
    """
    name = f"changing-order:{order_id}"
    is_ours = bool(cache.add(name, 1, timeout=LOCK_SECONDS))
    try:
        yield is_ours
    finally:
        if is_ours:
            cache.delete(name)


def note_sending(order: Order, *, now: datetime) -> bool:
    """Note that the venue may end the order for its change; tell whether that was noted before."""
    venue, is_waiting = venues.get(order.key.venue), build_order_name(order).is_in_other_book
    if not venue.replaces_amended(order.key.market, is_waiting=is_waiting):
        return False
    if order.amend_sent_at is not None:
        return True
    _write_sending(order, now)
    return False


def forget_sending(order: Order) -> None:
    """Take the note back: the request did not leave, so whatever ended the order was not us."""
    _write_sending(order, None)


def _write_sending(order: Order, at: datetime | None) -> None:
    changing = Order.objects.filter(pk=order.pk, amend_requested_at=order.amend_requested_at)
    changing.update(amend_sent_at=at)
    order.amend_sent_at = at


def find_or_place(order: Order, terms: Sequence[base.OrderRequest]) -> base.OrderReport:
    """Fetch the order by our name; if it is cancelled place it with the first terms that go."""
    # Not by the venue's id: a replaced order has another.
    name = replace(build_order_name(order), exchange_order_id=None)
    return pool.call(order.key, lambda venue: _find_or_place(venue, name, terms))


async def _find_or_place(
    venue: base.Adapter, name: base.OrderName, terms: Sequence[base.OrderRequest]
) -> base.OrderReport:
    report = await venue.fetch_order(name)
    if report.status != "canceled" or report.filled:
        return report
    for request in terms:
        try:
            return await venue.place_order(request)
        except base.RequestRefused as refused:
            log.warning("order not placed anew", order=name.client_order_id, error=str(refused))
    return report
