"""Endpoints that list orders and fills, and the search for one order."""

from exchanges.simulator.binance import lookup as shared
from exchanges.simulator.binance.errors import ORDER_ARCHIVED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.params import cut_page, filter_by_time
from exchanges.simulator.binance.spot.rows import fill_row, order_row
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.rate_limits.weight_limiter import DAY

# An order that ended unfilled is archived after 90 days, as at the real venue.
UNFILLED_RETENTION = 90 * DAY


def get_order(call: Call) -> object:
    order = find_order(call, UNKNOWN_ORDER)
    if _is_archived(order, call.now):
        raise BinanceError(*ORDER_ARCHIVED)
    return order_row(order)


def get_open_orders(call: Call) -> object:
    return [order_row(order) for order in shared.list_open_orders(call)]


def get_order_history(call: Call) -> object:
    orders = [o for o in shared.list_requested_orders(call) if not _is_archived(o, call.now)]
    orders = filter_by_time(orders, lambda order: order.created, call.params)
    return [order_row(order) for order in cut_page(orders, call.params, "orderId")]


def get_fills(call: Call) -> object:
    fills = shared.list_requested_fills(call)
    fills = filter_by_time(fills, lambda fill: fill.time, call.params)
    return [fill_row(fill) for fill in cut_page(fills, call.params, "fromId")]


def find_order(call: Call, not_found: tuple[int, str, int]) -> Order:
    message = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    order, client_id = shared.find_by_ids(call, message), call.params.get("origClientOrderId")
    if order is None or (client_id and order.client_id != client_id):
        raise BinanceError(*not_found)
    return order


def _is_archived(order: Order, now: int) -> bool:
    return not order.is_open and not order.executed and order.updated < now - UNFILLED_RETENTION
