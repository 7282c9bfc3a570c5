"""Endpoints that make an order smaller in its place, and that list such changes."""

from exchanges.simulator.binance.errors import UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import (
    read_client_id,
    read_decimal,
    read_integer,
    read_limit,
    read_text,
)
from exchanges.simulator.binance.spot import lookup, rows, trade
from exchanges.simulator.decimals import format_8, write_8
from exchanges.simulator.orders.amendments import Amendment, copy_terms
from exchanges.simulator.refusals import translate_refusals

REJECTED = -2038


def amend_order(call: Call) -> object:
    """Make an order smaller; it keeps its place and gets a new client id, which may be the old."""
    order = lookup.find_order(call, UNKNOWN_ORDER)
    read_text(call.params, "newQty")
    quantity, client_id = read_decimal(call.params, "newQty"), read_client_id(call.params)
    if not order.is_open:
        raise BinanceError(REJECTED, "Unknown order sent.")
    if quantity == order.quantity:
        raise BinanceError(REJECTED, "The requested action would change no state; rejecting.")
    if quantity > order.quantity:
        raise BinanceError(REJECTED, "Order amend (quantity increase) is not supported.")
    if quantity <= order.executed:
        raise BinanceError(REJECTED, "The new quantity must be above what was executed.")
    before, venue = copy_terms(order), call.venue
    with translate_refusals(trade.build_refusal):
        venue.reduce_order(order, quantity, client_id)
    amendment = call.simulation.amendments.add(before, order, call.now)
    return {
        "transactTime": call.now,
        "executionId": amendment.number,
        "amendedOrder": {
            **rows.order_id_fields(order),
            "origClientOrderId": before.client_id,
            "clientOrderId": order.client_id,
            **write_8(price=order.price, qty=order.quantity, executedQty=order.executed),
            "preventedQty": "0.00000000",
            **write_8(quoteOrderQty=order.quote_quantity, cumulativeQuoteQty=order.quote_executed),
            **{"status": order.status, "timeInForce": order.time_in_force},
            **{"type": rows.order_type(order), "side": order.side},
            "workingTime": order.working_since or -1,
            "selfTradePreventionMode": order.self_trade,
        },
    }


def get_amendments(call: Call) -> object:
    symbol, order_id = read_symbol(call), read_integer(call.params, "orderId")
    if order_id is None:
        read_text(call.params, "orderId")
    first = read_integer(call.params, "fromExecutionId") or 0
    listed = call.simulation.amendments.list_of_order(call.account.key, symbol, order_id or 0)
    chosen = [amendment for amendment in listed if amendment.number >= first]
    return [_amendment_row(each) for each in chosen[: read_limit(call.params, 500, 1000)]]


def _amendment_row(amendment: Amendment) -> Json:
    return {
        **{"symbol": amendment.symbol, "orderId": amendment.order_id},
        "executionId": amendment.number,
        "origClientOrderId": amendment.before.client_id,
        "newClientOrderId": amendment.after.client_id,
        "origQty": format_8(amendment.before.quantity),
        "newQty": format_8(amendment.after.quantity),
        "time": amendment.time,
    }
