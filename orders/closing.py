"""How much of what an order bought is there to be sold again. Pure."""

from decimal import Decimal

from orders.models import Order


def owned(order: Order, *, base: str) -> Decimal:
    """What was filled, without what the venue kept of it as its fee."""
    filled: Decimal = order.filled
    return filled - Decimal(order.fees.get(base, 0)) if order.side == "buy" else filled


def closable(order: Order, *, base: str, step: Decimal) -> Decimal:
    """The most that an order for the other side can be for: whole steps, never more than is there.

    A fee that is not known yet may make it less.
    """
    there = owned(order, base=base)
    return there - there % step if step else there
