"""Say why an order of a bot ended before it was filled, for the owner who reads it."""

from typing import Final

from orders import placement
from orders.lifecycle import ended_by
from orders.models import Order
from users.languages.text import Phrase

CANCELLED_HERE: Final = {
    ended_by.USER: (
        Phrase("its owner cancelled it"),
        Phrase("its owner cancelled all open orders"),
    ),
    ended_by.OPERATOR: (
        Phrase("an operator cancelled it"),
        Phrase("an operator cancelled all open orders"),
    ),
}


def describe_end(order: Order) -> str:
    """Return the reason; an order that was cancelled here names who did it, and how."""
    if order.ended_by == ended_by.SWITCH:
        return Phrase("its venue cancelled it by the dead man's switch, since Fillwatch was silent")
    if order.ended_by == ended_by.CHANGE:
        return Phrase("it was cancelled for a change, and the changed order was not placed")
    if texts := CANCELLED_HERE.get(order.ended_by):
        alone, with_all = texts
        return with_all if _is_cancel_of_all(order) else alone
    return Phrase(order.ended_reason or dict(ended_by.LABELS).get(order.ended_by, ""))


def _is_cancel_of_all(order: Order) -> bool:
    """Tell a cancel of all orders from one of this order: only the history knows."""
    requests = order.changes.filter(source="user").order_by("-version").values_list("reason")
    return any(placement.WITH_ALL in reason for (reason,) in requests[:1])
