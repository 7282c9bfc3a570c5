"""Cancel orders whose time is over. Where a venue ends them itself, that comes to the same."""

from datetime import datetime
from typing import Final

from orders import placement
from orders.lifecycle import ended_by
from orders.models import IS_OPEN, Order, Origin

BY: Final = "its own time limit"
LIMIT: Final = 1000  # of one sweep; the next one goes on


def cancel_due(*, now: datetime) -> int:
    """Request the cancel of open orders that were placed here until a time that has passed.

    The time is in the database, so that it outlives every process; whoever sweeps next finds it.
    """
    orders = Order.objects.filter(IS_OPEN, origin=Origin.FILLWATCH, good_till__lte=now)
    due = orders.filter(cancel_requested_at=None).select_related("key", "bot").order_by("pk")
    ended = [
        placement.cancel_order(order, by=BY, actor=ended_by.EXPIRY, now=now)
        for order in due[:LIMIT]
    ]
    return len(ended)
