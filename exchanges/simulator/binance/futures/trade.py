"""Endpoints that place, amend and cancel orders."""

from dataclasses import replace
from decimal import Decimal

from exchanges.simulator.binance.errors import CANCEL_REJECTED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures import lookup, params, rows
from exchanges.simulator.binance.gateway import Call, count_order
from exchanges.simulator.binance.market import find_market, read_symbol
from exchanges.simulator.binance.params import read_choice, read_decimal
from exchanges.simulator.engine.matching import would_take
from exchanges.simulator.orders.amendments import copy_terms
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.refusals import translate_refusals

ALL_CANCELLED = "The operation of cancel all open order is done."


def place_order(call: Call) -> object:
    new_order = params.read_order(call.params, call.account, find_market(call), call.now)
    response = read_choice(call.params, "newOrderRespType", ("ACK", "RESULT"), -1136, "ACK")
    count_order(call)
    with translate_refusals(params.build_refusal):
        order = call.venue.place_order(new_order)
    row = rows.order_row(order)
    if response == "ACK":  # the order as it was before it was matched
        zero = dict.fromkeys(("executedQty", "cumQty", "cumQuote", "avgPrice"), "0")
        row |= {"status": "NEW", **zero}
    return row


def place_test_order(call: Call) -> object:
    new_order = params.read_order(call.params, call.account, find_market(call), call.now)
    with translate_refusals(params.build_refusal):
        call.venue.check_order(new_order)
    return {}


def amend_order(call: Call) -> object:
    """Change price and quantity of a limit order; its ids stay."""
    order = lookup.find_open_order(call, UNKNOWN_ORDER)
    price, quantity = read_decimal(call.params, "price"), read_decimal(call.params, "quantity")
    if (price or order.price, quantity or order.quantity) == (order.price, order.quantity):
        raise BinanceError(-5027, "No need to modify the order.")
    if _would_end_order(call, order, price, quantity):
        call.venue.cancel_order(order)
        return rows.order_row(order)
    before = copy_terms(order)
    with translate_refusals(params.build_refusal):
        call.venue.amend_order(order, price=price or None, quantity=quantity or None)
    call.simulation.amendments.add(before, order, call.now)
    return rows.order_row(order)


def _would_end_order(call: Call, order: Order, price: Decimal, quantity: Decimal) -> bool:
    """Return whether the change cancels the order: nothing is left, or a post-only order takes."""
    if quantity and quantity <= order.executed:
        return True
    amended = replace(order, price=price or order.price)
    return order.type == "LIMIT_MAKER" and would_take(find_market(call), amended)


def cancel_order(call: Call) -> object:
    order = lookup.find_open_order(call, CANCEL_REJECTED)
    call.venue.cancel_order(order)
    return rows.order_row(order)


def cancel_all_orders(call: Call) -> object:
    for order in call.engine.records.list_open_orders(call.account.key, read_symbol(call)):
        call.venue.cancel_order(order)
    return {"code": 200, "msg": ALL_CANCELLED}
