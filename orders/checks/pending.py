"""Load the orders that need a check, with what a plan needs to know of each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from exchanges.instruments import Instrument, VenueMarket
from exchanges.models import ExchangeKey, Symbol
from orders.checks import price_crossed, priority
from orders.checks.plan import PendingOrder
from orders.lifecycle.conclusions import OUT_OF_REACH
from orders.models import (
    IS_CUT,
    IS_OPEN,
    LACKS_FEES,
    LACKS_FILLS,
    LACKS_PAST,
    Order,
    Origin,
)
from orders.order_state import build_order_name

FEE_DEADLINE: Final = timedelta(hours=1)  # of an end; some venues never tell them
CUT_DEADLINE: Final = timedelta(minutes=2)  # of an end; venues list all fills much sooner
FORGOTTEN_INTERVAL: Final = timedelta(days=1)  # should the venue come to remember it
CHECKS_PER_AGE: Final = (
    20  # what an ended order lacks is asked for so often before its age has doubled
)


def load_orders(user_id: int | None, key_id: int | None) -> list[Order]:
    """Load open orders, and ended ones whose fills or fees are incomplete, in one query."""
    now = timezone.now()
    is_recent = Q(ended_at__gt=now - FEE_DEADLINE)
    # The end may have been told before the last fills: one that seems cut may be whole.
    is_cut = IS_CUT & Q(ended_at__gt=now - CUT_DEADLINE)
    to_check = IS_OPEN | LACKS_FILLS | is_cut | ((LACKS_FEES | LACKS_PAST) & is_recent)
    orders = Order.objects.filter(to_check).defer("last_report")
    orders = orders.select_related("key__stream", "bot", "user")
    narrowed: Q = Q()
    if user_id is not None:
        narrowed &= Q(user_id=user_id)
    if key_id is not None:
        narrowed &= Q(key_id=key_id)
    return list(orders.filter(narrowed).order_by("key_id", "pk"))


def group_by_key(orders: list[Order]) -> dict[ExchangeKey, list[PendingOrder]]:
    grouped: dict[ExchangeKey, list[PendingOrder]] = {}
    crossed, high = price_crossed.find_crossed(orders), priority.find_high_value(orders)
    is_listed = _match_listed(orders)
    for order in orders:
        grouped.setdefault(order.key, []).append(
            _build_pending_order(
                order,
                is_price_crossed=order.pk in crossed,
                is_high_value=order.pk in high,
                is_delisted=not is_listed(order),
            )
        )
    return grouped


def _match_listed(orders: list[Order]) -> Callable[[Order], bool]:
    """Return whether an order's symbol is on its venue's list; an unread list says nothing."""
    place = ("venue", "market", "is_paper")
    read = {VenueMarket(*row) for row in Symbol.objects.values_list(*place).distinct()}
    named = Symbol.objects.filter(name__in={order.symbol for order in orders})
    listed = {Instrument(*row) for row in named.values_list(*place, "name")}

    def is_listed(order: Order) -> bool:
        market = order.key.venue_market
        return market not in read or Instrument(*market, order.symbol) in listed

    return is_listed


def _build_pending_order(
    order: Order, *, is_price_crossed: bool, is_high_value: bool, is_delisted: bool
) -> PendingOrder:
    return PendingOrder(
        id=order.pk,
        name=build_order_name(order),
        status=order.status,
        filled=order.filled,
        fills_quantity=order.fills_quantity,
        lacks_fees=order.lacks_fees,
        former=tuple(name for name, (_, is_settled) in order.former.items() if not is_settled),
        interval=_choose_interval(order),
        created_at=order.created_at,
        submitted_at=order.submitted_at,
        checked_at=order.checked_at,
        cancel_requested=order.cancel_requested_at is not None,
        amend_requested=order.amend_requested_at is not None,
        is_ours=order.origin == Origin.FILLWATCH,
        is_high_value=is_high_value,
        is_price_crossed=is_price_crossed,
        is_delisted=is_delisted,
    )


def _choose_interval(order: Order) -> timedelta:
    """Choose the shorter interval of its bot and its owner, else the usual one.

    What an ended order lacks may never come, so it is checked less and less often.
    """
    if order.ended_reason in OUT_OF_REACH:
        return FORGOTTEN_INTERVAL
    wishes = [order.bot.check_seconds if order.bot else None, order.user.check_seconds]
    usual = timedelta(seconds=min((w for w in wishes if w), default=settings.ORDER_CHECK_SECONDS))
    if order.ended_at is None:
        return usual
    return max(usual, min((timezone.now() - order.ended_at) / CHECKS_PER_AGE, FORGOTTEN_INTERVAL))
