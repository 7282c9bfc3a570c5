"""Changes of resting orders: fills by price moves or by hand, amendments, cancellations."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Unpack

from exchanges.simulator.engine import margin, matching
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.filters import FilterFailure, check_filters, check_trigger_filters
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.orders.orders import Order, OrderChange, opposite_side


class OrderEnded(Exception):
    """The order has already ended."""


def expire_orders(engine: Engine, now: int) -> None:
    """End the open orders whose time is over."""
    for account in engine.accounts:
        for name in engine.contracts:
            for order in engine.records.list_open_orders(account, name):
                if 0 < order.good_till <= now:
                    engine.end_order(order, "EXPIRED", "EXPIRED", now)


def drop_none(**changes: Decimal | None) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if value is not None}


def move_price(
    engine: Engine, symbol: str, price: Decimal, now: int, liquidity: Decimal | None = None
) -> Decimal:
    """Set the price, fill the orders it touches by price and time, and return the filled quantity.

    Each order fills at its own price. `liquidity` limits the total, in base; None fills them all.
    What remains of a touched order keeps its place.
    """
    market = engine.markets[symbol]
    if price % market.symbol.tick or price <= 0:
        raise FilterFailure("PRICE_FILTER")
    market.price = price
    engine.queue_price(market, price)
    market.refill_levels()
    engine.touch_market(market)
    filled = Decimal(0)
    for side in market.sides.values():
        for order in side.find_crossed(price):
            limit = order.remaining if liquidity is None else liquidity - filled
            quantity = min(engine.get_tradable_quantity(order), limit)
            if quantity > 0 and order.is_open:
                fill_order(engine, order, quantity, order.price, now)
                filled += quantity
    return filled


def fill_order(
    engine: Engine, order: Order, quantity: Decimal, price: Decimal, now: int, *, late: bool = False
) -> None:
    """Fill one order against the house, without regard to orders before it.

    A `late` fill is of a trade from before the order ended, reported only now.
    """
    if not order.is_open and not late:
        raise OrderEnded(order.id)
    tradable = order.remaining if late else engine.get_tradable_quantity(order)
    side, quantity = opposite_side(order.side), min(quantity, tradable)
    engine.execute_trade(order.symbol, side, price, quantity, now, maker=order)


def fill_parts(
    engine: Engine,
    order: Order,
    parts: Sequence[Decimal],
    price: Decimal,
    now: int,
    *,
    late: bool = False,
) -> None:
    """Fill one order part by part, until it ends; the first part must find it open."""
    for number, part in enumerate(parts):
        if number == 0 or late or order.is_open:
            fill_order(engine, order, part, price, now, late=late)


def amend_order(engine: Engine, order: Order, now: int, **change: Unpack[OrderChange]) -> None:
    """Change price, quantity or trigger price; the ids stay."""
    if not order.is_open:
        raise OrderEnded(order.id)
    amounts = drop_none(price=change.get("price"), quantity=change.get("quantity"))
    changed = replace(order, **amounts)
    if order.trigger:
        trigger_change = drop_none(price=change.get("trigger_price"))
        changed.trigger = replace(order.trigger, **trigger_change)
    _check_change(engine, order, changed)
    engine.amend_order(order, changed, now)
    if not order.is_waiting:
        matching.match_order(engine, order, now)


def reduce_order(engine: Engine, order: Order, quantity: Decimal, client_id: str, now: int) -> None:
    """Make an order smaller in its place, and give it another client id."""
    if not order.is_open:
        raise OrderEnded(order.id)
    changed = replace(order, quantity=quantity, client_id=client_id)
    _check_change(engine, order, changed)
    engine.amend_order(order, changed, now)
    if not order.is_waiting:
        matching.match_order(engine, order, now)


def _check_change(engine: Engine, order: Order, changed: Order) -> None:
    """Raise if the changed order breaks a limit for new orders; nothing is changed then."""
    if changed.client_id != order.client_id:
        other = engine.records.by_client_id(order.account, order.symbol, changed.client_id)
        if other and other.is_open:
            raise matching.DuplicateClientId(changed.client_id)
    market = engine.markets[order.symbol]
    if order.is_waiting and changed.trigger:
        check_trigger_filters(market.symbol, market.price, changed, changed.trigger)
    else:
        check_filters(market.symbol, market.price, changed)
    if is_contract(order.symbol):
        margin.check_margin_of_change(engine, order, changed)


def settle_order(engine: Engine, order: Order, now: int) -> None:
    """End a partly filled order as filled: its venue cut the rest."""
    if not order.is_open:
        raise OrderEnded(order.id)
    engine.end_order(order, "FILLED", "AMENDED", now)


def cancel_order(engine: Engine, order: Order, now: int, cancel_id: str = "") -> None:
    if not order.is_open:
        raise OrderEnded(order.id)
    for ended in (order, *engine.records.list_partners(order)):
        engine.end_order(ended, "CANCELED", "CANCELED", now, cancel_id)
