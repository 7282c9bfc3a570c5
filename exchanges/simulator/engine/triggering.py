"""Conditional orders: accepted to wait, cancelled, changed, and placed once the price is there."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.engine import matching
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import ReduceOnlyRefused
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.filters import FilterFailure, check_trigger_filters
from exchanges.simulator.orders.conditional_orders import (
    WaitingEventKind,
    WaitingOrder,
    WaitingStatus,
)
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import (
    Trigger,
    WouldTrigger,
    start_trigger,
    update_trigger,
    would_fire,
)

REFUSALS = (
    InsufficientBalance,
    FilterFailure,
    ReduceOnlyRefused,
    matching.WouldTake,
    matching.DuplicateClientId,
)


def add_waiting_order(engine: Engine, wish: NewOrder, trigger: Trigger, now: int) -> WaitingOrder:
    """Accept an order into the book apart, or raise why not. It costs nothing until it fires."""
    market = engine.markets[wish.symbol]
    check_trigger_filters(market.symbol, market.price, wish, trigger)
    if would_fire(trigger, market.price):
        raise WouldTrigger(wish.client_id)
    earlier = engine.conditional.by_client_id(wish.account, wish.symbol, wish.client_id)
    if earlier and earlier.is_open:
        raise matching.DuplicateClientId(wish.client_id)
    number, engine.conditional.next_id = engine.conditional.next_id, engine.conditional.next_id + 1
    waiting = WaitingOrder(
        id=number,
        request=wish,
        trigger=start_trigger(trigger, market.price),
        created=now,
        updated=now,
    )
    engine.conditional.add(waiting)
    engine.record_waiting_event("NEW", waiting, now)
    return waiting


def cancel_waiting_order(engine: Engine, waiting: WaitingOrder, now: int) -> None:
    if not waiting.is_open:
        raise OrderEnded(waiting.id)
    _end_waiting_order(engine, waiting, "CANCELED", "CANCELED", now)


def amend_waiting_order(
    engine: Engine,
    waiting: WaitingOrder,
    now: int,
    *,
    price: Decimal | None = None,
    quantity: Decimal | None = None,
    trigger_price: Decimal | None = None,
) -> None:
    """Its owner wants something else; it keeps both of its names and its place."""
    if not waiting.is_open:
        raise OrderEnded(waiting.id)
    waiting.request = replace(waiting.request, **_drop_none(price=price, quantity=quantity))
    waiting.trigger = replace(waiting.trigger, **_drop_none(price=trigger_price))
    waiting.updated = now
    engine.record_waiting_event("AMENDED", waiting, now)


def fire_trigger(engine: Engine, one: WaitingOrder | Order, now: int) -> Order | None:
    """The trigger has been touched: the order it was for comes to life, if it can be paid for."""
    if not (one.is_open if isinstance(one, WaitingOrder) else one.is_waiting):
        raise OrderEnded(one.id)
    return (
        _place_waiting_order(engine, one, now)
        if isinstance(one, WaitingOrder)
        else _activate_order(engine, one, now)
    )


def process_queued_prices(engine: Engine, now: int) -> None:
    """Show every price of late to whoever waits; what that sets off moves prices again."""
    while engine.queued_prices:
        symbol, price = engine.queued_prices.pop(0)
        for one in engine.conditional.list_for_symbol(symbol):
            if not (one.is_open if isinstance(one, WaitingOrder) else one.is_waiting):
                continue  # ended by what fired before it
            before, fires = one.trigger, False
            if before:
                one.trigger, fires = update_trigger(before, price)
            if fires:
                fire_trigger(engine, one, now)
            elif one.trigger != before:
                engine.store_order(one)


def _place_waiting_order(engine: Engine, waiting: WaitingOrder, now: int) -> Order | None:
    waiting.triggered = now
    engine.conditional.close(waiting)
    try:
        matching.check_order(engine, waiting.request)
    except REFUSALS as refusal:
        waiting.reason = f"{type(refusal).__name__} {refusal}"
        _end_waiting_order(engine, waiting, "REJECTED", "REJECTED", now)
        return None
    waiting.order_id = engine.markets[waiting.symbol].next_order_id
    _end_waiting_order(engine, waiting, "TRIGGERED", "TRIGGERED", now)
    return matching.place_order(engine, waiting.request, now)


def _activate_order(engine: Engine, order: Order, now: int) -> Order | None:
    """An order that waited in the usual list: it keeps its id, and now stands or takes."""
    try:
        if not order.reserves:
            matching.require_funds(engine, order)
        engine.activate_order(order, now)
        if order.reserves:
            matching.require_funds(engine, order)  # what was held for it has just become free
    except (InsufficientBalance, ReduceOnlyRefused):
        engine.end_order(order, "EXPIRED", "EXPIRED", now)
        return None
    matching.match_order(engine, order, now)
    return order


def _end_waiting_order(
    engine: Engine, waiting: WaitingOrder, status: WaitingStatus, kind: WaitingEventKind, now: int
) -> None:
    waiting.status = status
    waiting.updated = now
    engine.conditional.close(waiting)
    engine.record_waiting_event(kind, waiting, now)


def _drop_none(**changes: Decimal | None) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}
