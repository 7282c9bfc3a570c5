"""One step of an order's history: in words what changed, and who or what did it. Pure."""

from decimal import Decimal

from orders.lifecycle import ended_by as lifecycle_ended_by
from orders.lifecycle import replacements, states
from orders.lifecycle.states import Decision, Truth
from realtime.values import format_money


def words(before: Truth, decision: Decision) -> str:
    after = decision.truth
    if after.ended_reason and after.ended_reason != before.ended_reason:
        return after.ended_reason
    if changed := _new_terms(before, after):
        return changed
    if decision.new_fills:
        quantity = sum((fill.quantity for fill in decision.new_fills), Decimal(0))
        return f"filled {format_money(quantity)} more"
    if decision.completed:
        return "a fee became known"
    if _triggered(before, after):
        return "its trigger was reached"
    if after.status != before.status:
        return "accepted by the venue" if after.status == states.NEW else ""
    return ""


def actor(before: Truth, after: Truth, *, ended_by: str) -> str:
    if after.status in states.ENDED and before.status not in states.ENDED:
        return ended_by
    if _new_terms(before, after) and before.exchange_order_id:
        return lifecycle_ended_by.HAND
    return lifecycle_ended_by.VENUE


def _triggered(before: Truth, after: Truth) -> bool:
    was, now = before.exchange_order_id, after.exchange_order_id
    return was.startswith(replacements.WAITING) and not now.startswith(replacements.WAITING)


def _new_terms(before: Truth, after: Truth) -> str:
    changes = []
    if after.quantity != before.quantity:
        changes.append(f"amount {format_money(before.quantity)} to {format_money(after.quantity)}")
    if before.price is not None and after.price not in (None, before.price):
        changes.append(f"price {format_money(before.price)} to {format_money(after.price)}")
    return f"changed at the venue: {' and '.join(changes)}" if changes else ""
