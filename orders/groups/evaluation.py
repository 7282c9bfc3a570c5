"""Carry out what a group of orders needs next, in one transaction; a repeat changes nothing."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from exchanges import venues
from exchanges.models import Symbol
from exchanges.venues import MarketKind
from orders import reconciler, task_queue
from orders.lifecycle import ended_by, states
from orders.lifecycle.exits import ExitTerms, read_exits
from orders.lifecycle.groups import (
    ENTRY,
    EXITS,
    OCO,
    UNPROTECTED,
    GroupTerms,
    Leg,
    NextStep,
    decide_next,
)
from orders.models import Order, OrderGroup, Role, Side
from realtime import streams

log = structlog.get_logger(__name__)

BY_GROUP: Final = "its group"  # in an order's history


def evaluate_group(group_id: int, *, now: datetime) -> OrderGroup:
    """Decide what the group's orders need, and record it: all of it, or nothing.

    The group is locked first and its orders in the order of their ids, so two evaluations of one
    group never wait for each other in a circle. Requests to the venue are sent after the commit.
    """
    with streams.unit():
        groups = OrderGroup.objects.select_for_update(of=("self",), no_key=True)
        group = groups.select_related("key").get(pk=group_id)
        orders = _lock_orders(group)
        step = decide_next(_read_terms(group, orders), [_read_leg(o) for o in orders], now=now)
        for order_id in step.cancels:
            _request_cancel(order_id, now=now)
        _place_exits(group, step, orders, now=now)
        _save_step(group, step, now=now)
    return group


def _lock_orders(group: OrderGroup) -> list[Order]:
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    return list(orders.filter(order_group=group).select_related("key", "bot").order_by("pk"))


def _read_terms(group: OrderGroup, orders: list[Order]) -> GroupTerms:
    symbol = Symbol.objects.filter(name=group.symbol, **group.key.venue_market._asdict()).first()
    entries = [order for order in orders if order.role == ENTRY]
    pays_in_coins = group.key.market == MarketKind.SPOT and group.exit_side == Side.SELL
    base = group.symbol.partition("/")[0]
    acquired = sum((order.filled for order in entries), Decimal(0))
    if pays_in_coins:
        acquired -= sum((Decimal(order.fees.get(base, 0)) for order in entries), Decimal(0))
    return GroupTerms(
        kind=group.kind,
        roles=read_exits(group).list_roles(),
        acquired=group.quantity if group.kind == OCO else acquired,
        step=symbol.quantity_step if symbol else Decimal(0),
        least=_find_least(group, symbol) if symbol else Decimal(0),
        holds_pair=holds_pair(group),
        lacks_fees=pays_in_coins and any(map(_lacks_fees, entries)),
        is_canceling=group.cancel_requested_at is not None,
    )


def _find_least(group: OrderGroup, symbol: Symbol) -> Decimal:
    """Return the smallest quantity that the venue takes for each exit, at the prices of both.

    What is too little now waits for more of the entry: refused, it would not be placed again.
    """
    exits = read_exits(group)
    terms = [each for role in exits.list_roles() if (each := exits.get_terms(role))]
    lowest = min(each.price or each.trigger_price for each in terms)
    if group.key.market == MarketKind.FUTURES or not symbol.min_cost:
        return symbol.min_quantity
    return max(symbol.min_quantity, symbol.min_cost / lowest)


def holds_pair(group: OrderGroup) -> bool:
    """Tell whether the venue itself ends one of the two exits for the other."""
    has_both = len(read_exits(group).list_roles()) == len(EXITS)
    return has_both and venues.get(group.key.venue).holds_pairs(group.key.market)


def _lacks_fees(order: Order) -> bool:
    return order.lacks_fees or order.fills_quantity < order.filled


def _read_leg(order: Order) -> Leg:
    never_arrived = order.status == states.REJECTED and order.end_is_assumed
    was_kept_back = order.status == states.DENIED and order.key.is_active
    return Leg(
        id=order.pk,
        role=order.role,
        status=order.status,
        quantity=order.quantity,
        filled=order.filled,
        created_at=order.created_at,
        is_canceling=order.cancel_requested_at is not None,
        was_replaced=order.cancel_requested_by in (ended_by.US, ended_by.CHANGE),
        was_never_sent=never_arrived or was_kept_back,
        ended_reason=order.ended_reason,
    )


def _request_cancel(order_id: int, *, now: datetime) -> None:
    order = reconciler.request_cancel(order_id, by=BY_GROUP, actor=ended_by.US, now=now)
    if order.ended_at is None:
        task_queue.send_on_commit("orders.cancel", order_id)


def _place_exits(group: OrderGroup, step: NextStep, orders: list[Order], *, now: datetime) -> None:
    pair = f"fw{secrets.token_hex(14)}" if len(step.places) > 1 and holds_pair(group) else ""
    for role in step.places:
        terms = _find_terms(group, role, orders)
        order = _build_exit(group, role, terms, step.quantity, now=now)
        order.group = pair
        reconciler.record_intent(order)
        task_queue.send_on_commit("orders.submit", order.pk)


def _find_terms(group: OrderGroup, role: str, orders: list[Order]) -> ExitTerms:
    """Return an exit's prices: as its last order was changed, or else as the group was placed."""
    changed = [o for o in orders if o.role == role and o.terms_at and o.trigger_price]
    if changed and (trigger := changed[-1].trigger_price):
        return ExitTerms(trigger_price=trigger, price=changed[-1].price)
    if terms := read_exits(group).get_terms(role):
        return terms
    raise ValueError(f"group {group.pk} has no {role}")


def _build_exit(
    group: OrderGroup, role: str, terms: ExitTerms, quantity: Decimal, *, now: datetime
) -> Order:
    return Order(
        user_id=group.user_id,
        placed_by=group.placed_by,
        key=group.key,
        order_group=group,
        role=Role(role),
        symbol=group.symbol,
        position_side=group.position_side,
        side=group.exit_side,
        type=role,
        quantity=quantity,
        price=terms.price,
        trigger_price=terms.trigger_price,
        reduce_only=group.key.market == MarketKind.FUTURES,
        client_order_id=f"fw{secrets.token_hex(14)}",
        created_at=now,
    )


def _save_step(group: OrderGroup, step: NextStep, *, now: datetime) -> None:
    """Save what the group is now. All its orders show it, so each gets another version."""
    before = (group.state, group.note, group.ended_at is not None)
    group.state, group.note, group.due_at = step.state, step.note, step.due_at
    group.ended_at = (group.ended_at or now) if step.is_over else None
    orders = _lock_orders(group)
    if before != (group.state, group.note, step.is_over):
        words = f"its group is {group.get_state_display().lower()}"
        reason = f"{words}: {group.note}" if group.note else words
        group.save()
        for order in orders:
            order.order_group = group
            reconciler.note_group(order, reason=reason, now=now)
        if group.state == UNPROTECTED:
            log.warning("order group lacks an exit", group=group.pk, note=group.note)
    group.seen_versions = sum(order.version for order in orders)
    group.save()
