"""Say why an order of a bot ended before it was filled, for the owner who reads it."""

from typing import Final

from orders import placement
from orders.lifecycle import ended_by
from orders.models import Order

CANCELLED_HERE: Final = {ended_by.USER: "its owner", ended_by.OPERATOR: "an operator"}


def describe_end(order: Order) -> str:
    """Return the reason; an order that was cancelled here names who did it, and how."""
    if order.ended_by == ended_by.SWITCH:
        return "its venue cancelled it by the dead man's switch, since Fillwatch was silent"
    if order.ended_by == ended_by.CHANGE:
        return "it was cancelled for a change, and the changed order was not placed"
    if person := CANCELLED_HERE.get(order.ended_by):
        return f"{person} cancelled {_describe_scope(order)}"
    return order.ended_reason or dict(ended_by.LABELS).get(order.ended_by, "")


def _describe_scope(order: Order) -> str:
    """Tell a cancel of all orders from one of this order: only the history knows."""
    requests = order.changes.filter(source="user").order_by("-version").values_list("reason")
    is_of_all = any(placement.WITH_ALL in reason for (reason,) in requests[:1])
    return "all open orders" if is_of_all else "it"
