"""Endpoints that list orders and fills, and the search for one order."""

from exchanges.simulator.binance import lookup as shared
from exchanges.simulator.binance.errors import UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures.rows import amendment_row, fill_row, order_row
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.params import cut_page, filter_by_time, read_limit
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.rate_limits.weight_limiter import DAY

WEEK = 7 * DAY
# An order that ended unfilled is forgotten after three days, as at the real venue.
UNFILLED_RETENTION = 3 * DAY


def get_order(call: Call) -> object:
    return order_row(find_order(call, UNKNOWN_ORDER))


def get_open_order(call: Call) -> object:
    return order_row(find_open_order(call, UNKNOWN_ORDER))


def get_open_orders(call: Call) -> object:
    return [order_row(order) for order in shared.list_open_orders(call)]


def get_order_history(call: Call) -> object:
    orders = [o for o in shared.list_requested_orders(call) if _is_retained(o, call.now)]
    orders = filter_by_time(orders, lambda order: order.created, call.params, WEEK)
    return [order_row(order) for order in cut_page(orders, call.params, "orderId")]


def get_fills(call: Call) -> object:
    fills, params = shared.list_requested_fills(call), call.params
    if params.get("fromId") and (params.get("startTime") or params.get("endTime")):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    if not {"fromId", "startTime", "endTime"} & set(params):
        fills = [fill for fill in fills if fill.time > call.now - WEEK]
    fills = filter_by_time(fills, lambda fill: fill.time, params, WEEK)
    return [fill_row(fill) for fill in cut_page(fills, params, "fromId")]


def get_amendments(call: Call) -> object:
    """Answer with the changes of an order by the API, newest first."""
    order = find_order(call, UNKNOWN_ORDER)
    amendments = call.simulation.amendments.list_of_order(order.account, order.symbol, order.id)
    numbered = enumerate(amendments, start=1)
    changes = [amendment_row(each, count) for count, each in numbered]
    return changes[::-1][: read_limit(call.params, 50, 100)]


def find_order(call: Call, not_found: tuple[int, str, int]) -> Order:
    order = shared.find_by_ids(call, "Either origClientOrderId or orderId must be sent.")
    if order is None or not _is_retained(order, call.now):
        raise BinanceError(*not_found)
    return order


def find_open_order(call: Call, not_found: tuple[int, str, int]) -> Order:
    order = find_order(call, not_found)
    if not order.is_open:
        raise BinanceError(*not_found)
    return order


def _is_retained(order: Order, now: int) -> bool:
    return order.is_open or bool(order.executed) or order.created + UNFILLED_RETENTION >= now
