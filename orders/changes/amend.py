"""Ask for another price or amount of an open order: saved first, then queued for a worker."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from exchanges import venues
from exchanges.models import Symbol
from orders import order_state, reconciler, task_queue, validation
from orders.lifecycle import ended_by
from orders.models import Order, OrderType, Origin
from orders.order_state import WantedTerms
from orders.placement import OrderDenied, OrderIsExternal
from realtime.values import format_money
from users.sharing.hold import hold_grant

TYPES: Final = (OrderType.LIMIT, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT)
NOT_OPEN_THERE: Final = gettext_noop("Only an order that is open at its venue can be changed.")
NOT_THIS_TYPE: Final = gettext_noop(
    "Only limit orders, stop losses and take profits can be changed: cancel this one and place"
    " another."
)


class CannotAmend(Exception):
    """The order's price and quantity cannot be changed at its venue, or not any more."""


def amend_order(
    order: Order,
    *,
    price: Decimal | None,
    quantity: Decimal | None,
    trigger_price: Decimal | None = None,
    by: str,
    now: datetime,
    actor: str = ended_by.USER,
    member_id: int | None = None,
) -> Order:
    """Record other terms for an open order, and queue it for its venue; None keeps one as it is.

    The amount counts what is filled already. The order changes when its venue says so.
    """
    if order.origin == Origin.EXTERNAL:
        raise OrderIsExternal(_("It was placed at the exchange, not here: change it there."))
    if obstacle := find_obstacle(order):
        raise CannotAmend(obstacle)
    wanted = WantedTerms(
        quantity=quantity or order.quantity,
        price=price or order.price,
        trigger_price=trigger_price or order.trigger_price,
    )
    _check_terms(order, wanted)
    with transaction.atomic():
        hold_grant(member_id, order.key_id)
        order = reconciler.request_amend(order.pk, wanted=wanted, by=by, actor=actor, now=now)
        if order.amend_requested_at != now:  # it has ended meanwhile, or its cancel was requested
            raise CannotAmend(_(NOT_OPEN_THERE))
        task_queue.send_on_commit("orders.amend", order.pk)
    return order


def find_obstacle(order: Order) -> str:
    """Return why an order that was placed here cannot be changed now; empty if it can."""
    venue = venues.get(order.key.venue)
    if order.type not in TYPES or (order.type == OrderType.LIMIT and order.price is None):
        return _(NOT_THIS_TYPE)
    if not venue.can_amend(order.key.market):
        return _("Orders are not changed at %(venue)s: cancel it and place another.") % {
            "venue": venue.label
        }
    if order.group and order.order_group_id and venue.holds_pairs(order.key.market):
        return _("%(venue)s holds both exits as one: cancel the group and place it anew.") % {
            "venue": venue.label
        }
    return "" if order_state.can_change(order) else _(NOT_OPEN_THERE)


def _check_terms(order: Order, wanted: WantedTerms) -> None:
    before = WantedTerms(
        quantity=order.quantity, price=order.price, trigger_price=order.trigger_price
    )
    if wanted == before:
        field = "price" if order.trigger_price is None else "trigger_price"
        raise OrderDenied(field, _("The order has these terms already."))
    if wanted.quantity <= order.filled:
        filled = format_money(order.filled)
        raise OrderDenied(
            "quantity",
            _("%(filled)s is filled already: it must be more than that.") % {"filled": filled},
        )
    if wanted.quantity != order.quantity and order.order_group_id:
        raise OrderDenied("quantity", _("Its group decides its amount: only its prices change."))
    _check_kept_fields(order, wanted)
    for symbol in Symbol.objects.filter(name=order.symbol, **order.key.venue_market._asdict()):
        for field, message in validation.find_limit_errors(
            symbol,
            quantity=wanted.quantity,
            price=wanted.price,
            trigger_price=wanted.trigger_price,
            reduce_only=order.reduce_only,
        ):
            raise OrderDenied(field, message)


def _check_kept_fields(order: Order, wanted: WantedTerms) -> None:
    """A limit order gets no trigger, and what is carried out at market no limit."""
    if wanted.trigger_price is not None and order.trigger_price is None:
        raise OrderDenied("trigger_price", _("This order waits for no price."))
    if wanted.price is not None and order.price is None:
        raise OrderDenied("price", _("It is carried out at market, so it has no limit."))
    if wanted.trigger_price != order.trigger_price and order.filled:
        raise OrderDenied("trigger_price", _("Its trigger price was reached already."))
