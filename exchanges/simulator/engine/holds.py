"""Holds: the funds that an open spot order locks."""

from decimal import Decimal

from exchanges.simulator.decimals import ZERO, floor_to_8
from exchanges.simulator.markets.contracts import is_contract
from exchanges.simulator.markets.symbols import Symbol
from exchanges.simulator.orders.orders import Order


def get_spent_asset(symbol: Symbol, order: Order) -> str:
    return symbol.quote if order.side == "BUY" else symbol.base


def compute_hold(order: Order) -> Decimal:
    """Return the amount to lock for what remains of the order.

    A market order ends before anything could be locked, unless it waits for a trigger. Contracts
    lock nothing: their margin is computed from positions and orders, see margin.py.
    """
    if is_contract(order.symbol) or (order.is_waiting and not order.reserves):
        return ZERO
    price = order.price
    if order.type == "MARKET":
        if not order.is_waiting or not order.trigger:
            return ZERO
        price = order.trigger.expected_price
    return floor_to_8(price * order.remaining) if order.side == "BUY" else order.remaining
