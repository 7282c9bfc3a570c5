"""Conditional orders: accepted to wait, cancelled, changed, and placed once the price is there."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.engine import matching
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.engine.margin import ReduceOnlyRefused
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.filters import FilterFailure, check_trigger
from exchanges.simulator.orders.conditional_orders import Waiting, WaitingKind, WaitingStatus
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import Trigger, WouldTrigger, begun, seen, would_fire

REFUSALS = (
    InsufficientBalance,
    FilterFailure,
    ReduceOnlyRefused,
    matching.WouldTake,
    matching.DuplicateClientId,
)


def wait(engine: Engine, wish: NewOrder, trigger: Trigger, now: int) -> Waiting:
    """Accept an order into the book apart, or raise why not. It costs nothing until it fires."""
    market = engine.markets[wish.symbol]
    check_trigger(market.symbol, market.price, wish, trigger)
    if would_fire(trigger, market.price):
        raise WouldTrigger(wish.client_id)
    earlier = engine.conditional.by_client_id(wish.account, wish.symbol, wish.client_id)
    if earlier and earlier.is_open:
        raise matching.DuplicateClientId(wish.client_id)
    number, engine.conditional.next_id = engine.conditional.next_id, engine.conditional.next_id + 1
    waiting = Waiting(
        id=number, wish=wish, trigger=begun(trigger, market.price), created=now, updated=now
    )
    engine.conditional.add(waiting)
    engine.tell_waiting("NEW", waiting, now)
    return waiting


def cancel(engine: Engine, waiting: Waiting, now: int) -> None:
    if not waiting.is_open:
        raise OrderEnded(waiting.id)
    _end(engine, waiting, "CANCELED", "CANCELED", now)


def amend(
    engine: Engine,
    waiting: Waiting,
    now: int,
    *,
    price: Decimal | None = None,
    quantity: Decimal | None = None,
    trigger_price: Decimal | None = None,
) -> None:
    """Its owner wants something else; it keeps both of its names and its place."""
    if not waiting.is_open:
        raise OrderEnded(waiting.id)
    waiting.wish = replace(waiting.wish, **_given(price=price, quantity=quantity))
    waiting.trigger = replace(waiting.trigger, **_given(price=trigger_price))
    waiting.updated = now
    engine.tell_waiting("AMENDED", waiting, now)


def fire(engine: Engine, one: Waiting | Order, now: int) -> Order | None:
    """The trigger has been touched: the order it was for comes to life, if it can be paid for."""
    if not (one.is_open if isinstance(one, Waiting) else one.waits):
        raise OrderEnded(one.id)
    return _place(engine, one, now) if isinstance(one, Waiting) else _wake(engine, one, now)


def settle(engine: Engine, now: int) -> None:
    """Show every price of late to whoever waits; what that sets off moves prices again."""
    while engine.prices_seen:
        symbol, price = engine.prices_seen.pop(0)
        for one in engine.conditional.at(symbol):
            if not (one.is_open if isinstance(one, Waiting) else one.waits):
                continue  # ended by what fired before it
            before, fires = one.trigger, False
            if before:
                one.trigger, fires = seen(before, price)
            if fires:
                fire(engine, one, now)
            elif one.trigger != before:
                engine.keep(one)


def _place(engine: Engine, waiting: Waiting, now: int) -> Order | None:
    waiting.triggered = now
    engine.conditional.close(waiting)
    try:
        matching.judge(engine, waiting.wish)
    except REFUSALS as refusal:
        waiting.reason = f"{type(refusal).__name__} {refusal}"
        _end(engine, waiting, "REJECTED", "REJECTED", now)
        return None
    waiting.became = engine.markets[waiting.symbol].next_order_id
    _end(engine, waiting, "TRIGGERED", "TRIGGERED", now)
    return matching.place(engine, waiting.wish, now)


def _wake(engine: Engine, order: Order, now: int) -> Order | None:
    """An order that waited in the usual list: it keeps its id, and now stands or takes."""
    try:
        if not order.reserves:
            matching.require_means(engine, order)
        engine.wake(order, now)
        if order.reserves:
            matching.require_means(engine, order)  # what was held for it has just become free
    except (InsufficientBalance, ReduceOnlyRefused):
        engine.end(order, "EXPIRED", "EXPIRED", now)
        return None
    matching.go(engine, order, now)
    return order


def _end(
    engine: Engine, waiting: Waiting, status: WaitingStatus, kind: WaitingKind, now: int
) -> None:
    waiting.status = status
    waiting.updated = now
    engine.conditional.close(waiting)
    engine.tell_waiting(kind, waiting, now)


def _given(**changes: Decimal | None) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}
