"""Describe one change of an order for its history, and name who or what caused it. Pure."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from exchanges.base import CONDITIONAL_PREFIX
from orders.lifecycle import ended_by as lifecycle_ended_by
from orders.lifecycle import states
from orders.lifecycle.states import Decision, OrderState
from realtime.values import format_money

FREEING: Final = frozenset({states.FILLED, states.CANCELED, states.EXPIRED})


def describe_change(before: OrderState, decision: Decision) -> str:
    after = decision.state
    if after.ended_reason and after.ended_reason != before.ended_reason:
        return after.ended_reason + _describe_shortfall(after)
    if changed := _describe_new_terms(before, after):
        return changed
    if decision.new_fills:
        quantity = sum((fill.quantity for fill in decision.new_fills), Decimal(0))
        return f"filled {format_money(quantity)} more"
    if decision.completed_fills:
        return "a fee became known"
    if _was_triggered(before, after):
        return "its trigger was reached"
    if after.status != before.status:
        return "accepted by the venue" if after.status == states.NEW else ""
    return ""


def find_actor(before: OrderState, after: OrderState, ended_by: str) -> str:
    if after.status in states.ENDED and before.status not in states.ENDED:
        return ended_by
    if _describe_new_terms(before, after) and before.exchange_order_id:
        return lifecycle_ended_by.HAND
    return lifecycle_ended_by.VENUE


def only_confirms_arrival(before: OrderState, after: OrderState) -> bool:
    """Tell whether a change only confirms that an order arrived: no bot acts on that."""
    if before.status not in states.OPEN or after.status not in states.OPEN:
        return False
    names = ("status", "exchange_order_id", "terms_at")
    return replace(after, **{name: getattr(before, name) for name in names}) == before


def moves_money(before: OrderState, decision: Decision) -> bool:
    """Tell whether balances change by this: a fill, or an end that frees what was held."""
    is_end = before.status in states.OPEN and decision.state.status in FREEING
    return bool(decision.new_fills) or is_end


def describe_overfill(before: OrderState, after: OrderState, *, unit: Decimal) -> str:
    """Describe a fill beyond the ordered quantity; one unit more is the venue's rounding."""
    if after.filled == before.filled or after.filled - after.quantity <= unit:
        return ""
    return f"filled {after.filled:f} is more than the ordered {after.quantity:f}"


def _describe_shortfall(after: OrderState) -> str:
    if after.final_quantity == after.quantity:
        return ""
    filled, ordered = format_money(after.final_quantity), format_money(after.quantity)
    return f": {filled} of the ordered {ordered} is all of it, as the venue says"


def _was_triggered(before: OrderState, after: OrderState) -> bool:
    was, now = before.exchange_order_id, after.exchange_order_id
    return was.startswith(CONDITIONAL_PREFIX) and not now.startswith(CONDITIONAL_PREFIX)


def _describe_new_terms(before: OrderState, after: OrderState) -> str:
    changes = []
    if after.quantity != before.quantity and not after.lacks_quantity:
        changes.append(f"amount {format_money(before.quantity)} to {format_money(after.quantity)}")
    if before.price is not None and after.price not in (None, before.price):
        changes.append(f"price {format_money(before.price)} to {format_money(after.price)}")
    if before.trigger_price is not None and after.trigger_price not in (None, before.trigger_price):
        triggers = (format_money(before.trigger_price), format_money(after.trigger_price))
        changes.append("trigger {} to {}".format(*triggers))
    return f"changed at the venue: {' and '.join(changes)}" if changes else ""
