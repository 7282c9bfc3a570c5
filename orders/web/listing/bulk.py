"""Cancel several orders that a person chose one by one: each gets an answer of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders import placement
from orders.models import Order, Origin
from orders.sharing.acting_user import describe_actor, find_order_refusal
from orders.web.listing.order_list import query_orders
from users.http import is_id
from users.models import User
from users.sharing.hold import GrantHasEnded

MAX_CHOSEN: Final = 500
CHOSEN_BY: Final = "page, with others"  # in an order's history
HAS_ENDED: Final = gettext_noop("It had ended already.")
AT_EXCHANGE: Final = gettext_noop("It was placed at the exchange, not here: cancel it there.")
NOT_SHARED: Final = gettext_noop("Its key is not shared with you any more.")


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """The orders whose cancel was requested, and why the others were left."""

    requested: list[Order] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def read_ids(texts: Iterable[str]) -> list[int]:
    return list(dict.fromkeys(int(text) for text in texts if is_id(text)))[:MAX_CHOSEN]


def select_cancellable(user: User, ids: Sequence[int]) -> tuple[list[Order], dict[int, str]]:
    """Split the chosen orders: those to cancel, and why others cannot be; strange ids are none."""
    chosen = query_orders(user).filter(pk__in=ids)
    cancellable, refused = [], {}
    for order in chosen:
        if reason := _find_refusal(user, order):
            refused[order.pk] = reason
        else:
            cancellable.append(order)
    return cancellable, refused


def cancel_chosen(user: User, ids: Sequence[int], *, now: datetime) -> BulkOutcome:
    """Request the cancel of each order; one that cannot be cancelled does not stop the others."""
    cancellable, refused = select_cancellable(user, ids)
    requested = []
    for order in cancellable:
        actor = describe_actor(user, owner_id=order.user_id, by=CHOSEN_BY)
        try:
            requested.append(placement.cancel_order(order, **actor, now=now))
        except GrantHasEnded:
            refused[order.pk] = _(NOT_SHARED)
    return BulkOutcome(requested, refused)


def _find_refusal(user: User, order: Order) -> str:
    if order.origin == Origin.EXTERNAL:
        return _(AT_EXCHANGE)
    if order.ended_at is not None:
        return _(HAS_ENDED)
    refusal = find_order_refusal(user, order)
    return _(refusal.message) if refusal else ""
