"""Conditional orders: add, cancel, amend, and fire them when the price reaches the trigger."""

from dataclasses import replace
from typing import Unpack

from exchanges.simulator.engine import matching
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.resting_orders import OrderEnded, drop_none
from exchanges.simulator.markets.filters import check_trigger, check_trigger_filters
from exchanges.simulator.orders import triggers
from exchanges.simulator.orders.conditional_orders import WaitingOrder, WaitingStatus
from exchanges.simulator.orders.orders import NewOrder, Order, OrderChange
from exchanges.simulator.refusals import OrderRefusal


def add_waiting_order(
    engine: Engine, request: NewOrder, trigger: triggers.Trigger, now: int
) -> WaitingOrder:
    """Accept a waiting order, or raise the reason. It locks no funds until it fires."""
    market = engine.markets[request.symbol]
    if request.closes_position:
        check_trigger(market.symbol, trigger)  # its quantity is known when it fires
    else:
        check_trigger_filters(market.symbol, market.price, request, trigger)
    if triggers.would_fire(trigger, market.price):
        raise triggers.WouldTrigger(trigger.kind)
    earlier = engine.conditional.by_client_id(request.account, request.symbol, request.client_id)
    if earlier and earlier.is_open:
        raise matching.DuplicateClientId(request.client_id)
    started, number = triggers.start_trigger(trigger, market.price), engine.conditional.next_id
    waiting = WaitingOrder(id=number, request=request, trigger=started, created=now, updated=now)
    engine.conditional.next_id += 1
    engine.conditional.add(waiting)
    engine.record_waiting_event("NEW", waiting, now)
    return waiting


def cancel_waiting_order(engine: Engine, waiting: WaitingOrder, now: int) -> None:
    if not waiting.is_open:
        raise OrderEnded(waiting.id)
    _end_waiting_order(engine, waiting, "CANCELED", now)


def amend_waiting_order(
    engine: Engine, waiting: WaitingOrder, now: int, **change: Unpack[OrderChange]
) -> None:
    """Change price, quantity or trigger price; both ids and the place stay."""
    if not waiting.is_open:
        raise OrderEnded(waiting.id)
    request_change = drop_none(price=change.get("price"), quantity=change.get("quantity"))
    waiting.request = replace(waiting.request, **request_change)
    waiting.trigger = replace(waiting.trigger, **drop_none(price=change.get("trigger_price")))
    waiting.updated = now
    engine.record_waiting_event("AMENDED", waiting, now)


def fire_trigger(engine: Engine, order: WaitingOrder | Order, now: int) -> Order | None:
    """Place or activate the order behind a trigger; return None if it cannot be paid for."""
    if not _is_waiting(order):
        raise OrderEnded(order.id)
    if isinstance(order, WaitingOrder):
        return _place_waiting_order(engine, order, now)
    return _activate_order(engine, order, now)


def process_queued_prices(engine: Engine, now: int) -> None:
    """Update all triggers with the queued prices and fire those reached.

    A fired order may trade and queue more prices, so this runs until the queue is empty.
    """
    while engine.queued_prices:
        symbol, price = engine.queued_prices.pop(0)
        for order in engine.conditional.list_for_symbol(symbol):
            if not _is_waiting(order):
                continue  # an order that fired before has ended it
            before, fires = order.trigger, False
            if before:
                order.trigger, fires = triggers.update_trigger(before, price)
            if fires:
                fire_trigger(engine, order, now)
            elif order.trigger != before:
                engine.store_order(order)


def _is_waiting(order: WaitingOrder | Order) -> bool:
    return order.is_open if isinstance(order, WaitingOrder) else order.is_waiting


def _place_waiting_order(engine: Engine, waiting: WaitingOrder, now: int) -> Order | None:
    waiting.triggered = now
    engine.conditional.close(waiting)
    request = waiting.request
    if request.closes_position:
        position = engine.accounts[request.account].get_position(
            request.symbol, request.position_side
        )
        waiting.request = replace(request, quantity=position.get_closable(request.side))
    try:
        matching.check_order(engine, waiting.request)
    except OrderRefusal as refusal:
        waiting.reason = f"{type(refusal).__name__} {refusal}"
        _end_waiting_order(engine, waiting, "REJECTED", now)
        return None
    waiting.order_id = engine.markets[waiting.symbol].next_order_id
    _end_waiting_order(engine, waiting, "TRIGGERED", now)
    return matching.place_order(engine, waiting.request, now)


def _activate_order(engine: Engine, order: Order, now: int) -> Order | None:
    """Activate an order with a trigger: it keeps its id and is matched now."""
    engine.expire_partners(order, now)  # first, for one of the two has locked the funds of both
    if order.closes_position:
        position = engine.accounts[order.account].get_position(order.symbol, order.position_side)
        order.quantity = position.get_closable(order.side)
    try:
        if not order.reserves:
            matching.require_funds(engine, order)
        engine.activate_order(order, now)
        if order.reserves:
            matching.require_funds(engine, order)  # its lock was released just before
    except OrderRefusal:
        engine.end_order(order, "EXPIRED", "EXPIRED", now)
        return None
    matching.match_order(engine, order, now)
    return order


def _end_waiting_order(
    engine: Engine, waiting: WaitingOrder, status: WaitingStatus, now: int
) -> None:
    waiting.status, waiting.updated = status, now
    engine.conditional.close(waiting)
    engine.record_waiting_event(status, waiting, now)
