"""What is pending, and what a plan needs to know of each."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from exchanges.models import ExchangeKey
from orders.models import IS_OPEN, LACKS_FILLS, Order
from orders.monitor import Watched
from orders.submission import name_of


def orders(user_id: int | None, key_id: int | None) -> list[Order]:
    """Open ones, and ended ones whose executed parts are not all listed yet. One query."""
    found = Order.objects.filter(IS_OPEN | LACKS_FILLS).select_related("key__stream", "bot")
    narrowed: Q = Q()
    if user_id is not None:
        narrowed &= Q(user_id=user_id)
    if key_id is not None:
        narrowed &= Q(key_id=key_id)
    return list(found.filter(narrowed).order_by("key_id", "pk"))


def by_key(orders: list[Order]) -> dict[ExchangeKey, list[Watched]]:
    found: dict[ExchangeKey, list[Watched]] = {}
    for order in orders:
        found.setdefault(order.key, []).append(_watched(order))
    return found


def _watched(order: Order) -> Watched:
    seconds = order.bot.check_seconds if order.bot else settings.ORDER_CHECK_SECONDS
    return Watched(
        id=order.pk,
        name=name_of(order),
        status=order.status,
        filled=order.filled,
        fills_quantity=order.fills_quantity,
        every=timedelta(seconds=seconds),
        created_at=order.created_at,
        submitted_at=order.submitted_at,
        checked_at=order.checked_at,
        cancel_requested=order.cancel_requested_at is not None,
    )
