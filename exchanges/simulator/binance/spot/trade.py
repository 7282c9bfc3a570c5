"""Endpoints that place and cancel orders."""

from exchanges.simulator.binance.errors import CANCEL_REJECTED, BinanceError, filter_failure
from exchanges.simulator.binance.gateway import Call, count_order
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import read_client_id, read_order, read_response_type
from exchanges.simulator.binance.spot import lookup, market, rows
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.refusals import OrderRefusal, translate_refusals

REJECTIONS = {
    "InsufficientBalance": "Account has insufficient balance for requested action.",
    "DuplicateClientId": "Duplicate order sent.",
    "WouldTrigger": "Stop price would trigger immediately.",
    "WouldTake": "Order would immediately match and take.",
}


def place_order(call: Call) -> object:
    return place_new_order(call)


def place_new_order(call: Call) -> Json:
    """Place the order of the request, and build its row; a replacement does the same."""
    new_order = read_new_order(call)
    response = read_response_type(call.params)
    count_order(call)
    venue = call.venue
    with translate_refusals(build_refusal):
        order = venue.place_order(new_order)
    return rows.new_order_row(order, venue.engine.records.list_order_fills(order), response)


def place_test_order(call: Call) -> object:
    new_order = read_new_order(call)
    with translate_refusals(build_refusal):
        call.venue.check_order(new_order)
    return {}


def cancel_order(call: Call) -> object:
    order = lookup.find_order(call, CANCEL_REJECTED)
    if not order.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    return _cancel_open_order(call, order)


def cancel_all_orders(call: Call) -> object:
    symbol = read_symbol(call)
    orders = call.engine.records.list_open_orders(call.account.key, symbol)
    if not orders:
        raise BinanceError(*CANCEL_REJECTED)
    return [_cancel_open_order(call, order) for order in orders if order.is_open]


def read_new_order(call: Call) -> NewOrder:
    new_order = read_order(call.params, call.account.key, read_symbol(call))
    if new_order.trigger:
        open_orders = call.engine.records.list_open_orders(new_order.account, new_order.symbol)
        if sum(order.is_waiting for order in open_orders) >= market.MAX_WAITING_ORDERS:
            raise filter_failure("MAX_NUM_ALGO_ORDERS")
    return new_order


def build_refusal(refusal: OrderRefusal) -> BinanceError:
    if refusal.rule in REJECTIONS:
        return BinanceError(-2010, REJECTIONS[refusal.rule])
    return filter_failure(refusal.rule)


def _cancel_open_order(call: Call, order: Order) -> Json:
    cancel_id = read_client_id(call.params)
    members = call.engine.records.list_members(order.account, order.list_id)
    call.venue.cancel_order(order, cancel_id)
    if order.list_id >= 0:
        reports = [rows.cancelled_order_row(member, cancel_id) for member in members]
        return rows.list_row(members, call.now) | {"orderReports": reports}
    return rows.cancelled_order_row(order, cancel_id)
