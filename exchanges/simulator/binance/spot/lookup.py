"""Endpoints that list orders and fills, and the search for one order."""

from exchanges.simulator.binance.errors import ORDER_ARCHIVED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.params import cut_page, filter_by_time, read_integer
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
    symbol = read_symbol(call) if call.params.get("symbol") else None
    engine = call.engine
    orders = engine.records.list_open_orders(call.account.key, symbol)
    return [order_row(order) for order in orders if order.symbol in engine.spot]


def get_order_history(call: Call) -> object:
    records = call.engine.records
    orders = records.list_orders(call.account.key, read_symbol(call))
    orders = [order for order in orders if not _is_archived(order, call.now)]
    first_id = read_integer(call.params, "orderId")
    if first_id is not None:
        orders = [order for order in orders if order.id >= first_id]
    orders = filter_by_time(orders, [order.created for order in orders], call.params)
    return [order_row(order) for order in cut_page(orders, call.params, first_id)]


def get_fills(call: Call) -> object:
    records = call.engine.records
    fills = records.list_fills(call.account.key, read_symbol(call))
    order_id, first_id = read_integer(call.params, "orderId"), read_integer(call.params, "fromId")
    if order_id is not None:
        fills = [fill for fill in fills if fill.order_id == order_id]
    if first_id is not None:
        fills = [fill for fill in fills if fill.id >= first_id]
    fills = filter_by_time(fills, [fill.time for fill in fills], call.params)
    return [fill_row(fill) for fill in cut_page(fills, call.params, first_id)]


def find_order(call: Call, not_found: tuple[int, str, int]) -> Order:
    records = call.engine.records
    symbol, key = read_symbol(call), call.account.key
    order_id, client_id = read_integer(call.params, "orderId"), call.params.get("origClientOrderId")
    if order_id is None and not client_id:
        message = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        raise BinanceError(-1102, message)
    if order_id is not None:
        order = records.by_id(key, symbol, order_id)
    else:
        order = records.by_client_id(key, symbol, client_id or "")
    if order is None or (client_id and order.client_id != client_id):
        raise BinanceError(*not_found)
    return order


def _is_archived(order: Order, now: int) -> bool:
    return not order.is_open and not order.executed and order.updated < now - UNFILLED_RETENTION
