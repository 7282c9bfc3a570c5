"""Endpoints that list orders and fills, and the search for one order."""

from exchanges.simulator.binance.errors import UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures.rows import fill_row, order_row
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.params import cut_page, filter_by_time, read_integer
from exchanges.simulator.engine.margin import list_contract_orders
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.rate_limits.weight_limiter import DAY

WEEK = 7 * DAY


# An order that ended unfilled is forgotten after three days, as at the real venue.
UNFILLED_RETENTION = 3 * DAY


def get_order(call: Call) -> object:
    return order_row(find_order(call, UNKNOWN_ORDER))


def get_open_order(call: Call) -> object:
    order = find_order(call, UNKNOWN_ORDER)
    if not order.is_open:
        raise BinanceError(*UNKNOWN_ORDER)
    return order_row(order)


def get_open_orders(call: Call) -> object:
    symbol = read_symbol(call) if call.params.get("symbol") else None
    orders = list_contract_orders(call.engine, call.account.key, symbol)
    return [order_row(order) for order in orders]


def get_order_history(call: Call) -> object:
    records = call.engine.records
    orders = records.list_orders(call.account.key, read_symbol(call))
    first_id = read_integer(call.params, "orderId")
    if first_id is not None:
        orders = [order for order in orders if order.id >= first_id]
    orders = [order for order in orders if _is_retained(order, call.now)]
    orders = filter_by_time(orders, [order.created for order in orders], call.params, WEEK)
    return [order_row(order) for order in cut_page(orders, call.params, first_id)]


def get_fills(call: Call) -> object:
    records = call.engine.records
    fills = records.list_fills(call.account.key, read_symbol(call))
    order_id, first_id = read_integer(call.params, "orderId"), read_integer(call.params, "fromId")
    if first_id is not None and (call.params.get("startTime") or call.params.get("endTime")):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    if order_id is not None:
        fills = [fill for fill in fills if fill.order_id == order_id]
    if first_id is not None:
        fills = [fill for fill in fills if fill.id >= first_id]
    if not {"fromId", "startTime", "endTime"} & set(call.params):
        fills = [fill for fill in fills if fill.time > call.now - WEEK]
    fills = filter_by_time(fills, [fill.time for fill in fills], call.params, WEEK)
    return [fill_row(fill) for fill in cut_page(fills, call.params, first_id)]


def find_order(call: Call, not_found: tuple[int, str, int]) -> Order:
    records, key = call.engine.records, call.account.key
    symbol = read_symbol(call)
    order_id, client_id = read_integer(call.params, "orderId"), call.params.get("origClientOrderId")
    if order_id is None and not client_id:
        message = "Either origClientOrderId or orderId must be sent."
        raise BinanceError(-1102, message)
    if order_id is not None:
        order = records.by_id(key, symbol, order_id)
    else:
        order = records.by_client_id(key, symbol, client_id or "")
    if order is None or not _is_retained(order, call.now):
        raise BinanceError(*not_found)
    return order


def _is_retained(order: Order, now: int) -> bool:
    return order.is_open or bool(order.executed) or order.created + UNFILLED_RETENTION >= now
