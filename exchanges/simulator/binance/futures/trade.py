"""Binance USD-M's signed order endpoints: place, change, cancel, ask."""

from dataclasses import replace
from decimal import Decimal

from exchanges.simulator.binance.errors import CANCEL_REJECTED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures.params import read_order, translate_refusals
from exchanges.simulator.binance.futures.rows import fill_row, order_row
from exchanges.simulator.binance.futures.symbols import find_market
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.params import cut_page, filter_by_time, read_decimal, read_integer
from exchanges.simulator.engine.margin import list_contract_orders
from exchanges.simulator.engine.matching import would_take
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.rate_limits.weight_limiter import DAY

WEEK = 7 * DAY
# Orders that ended without a fill are forgotten sooner than any other.
UNFILLED_RETENTION = 3 * DAY
ALL_CANCELLED = "The operation of cancel all open order is done."


def place_order(call: Call) -> object:
    new = read_order(call.params, call.account.key, find_market(call))
    response = call.params.get("newOrderRespType") or "ACK"
    if response not in ("ACK", "RESULT"):
        raise BinanceError(-1136, "Invalid newOrderRespType.")
    count_order(call)
    with translate_refusals():
        order = call.simulation.venue.place_order(new)
    row = order_row(order)
    if response == "ACK":  # what it was before it met anybody
        zero = dict.fromkeys(("executedQty", "cumQty", "cumQuote", "avgPrice"), "0")
        row |= {"status": "NEW", **zero}
    return row


def place_test_order(call: Call) -> object:
    new = read_order(call.params, call.account.key, find_market(call))
    with translate_refusals():
        call.simulation.venue.check_order(new)
    return {}


def amend_order(call: Call) -> object:
    """Another price and quantity for a limit order; both are sent, both names stay."""
    order = find_order(call, UNKNOWN_ORDER)
    if not order.is_open or order.type == "MARKET":
        raise BinanceError(*UNKNOWN_ORDER)
    price, quantity = read_decimal(call.params, "price"), read_decimal(call.params, "quantity")
    if (price or order.price, quantity or order.quantity) == (order.price, order.quantity):
        raise BinanceError(-5027, "No need to modify the order.")
    if _would_end_order(call, order, price, quantity):
        call.simulation.venue.cancel_order(order)
        return order_row(order)
    with translate_refusals():
        call.simulation.venue.amend_order(order, price=price or None, quantity=quantity or None)
    return order_row(order)


def _would_end_order(call: Call, order: Order, price: Decimal, quantity: Decimal) -> bool:
    """Nothing would be left of it, or a post-only order would take: then it is cancelled."""
    if quantity and quantity <= order.executed:
        return True
    wished = replace(order, price=price or order.price)
    return order.type == "LIMIT_MAKER" and would_take(find_market(call), wished)


def get_order(call: Call) -> object:
    return order_row(find_order(call, UNKNOWN_ORDER))


def get_open_order(call: Call) -> object:
    order = find_order(call, UNKNOWN_ORDER)
    if not order.is_open:
        raise BinanceError(*UNKNOWN_ORDER)
    return order_row(order)


def cancel_order(call: Call) -> object:
    order = find_order(call, CANCEL_REJECTED)
    if not order.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    call.simulation.venue.cancel_order(order)
    return order_row(order)


def cancel_all_orders(call: Call) -> object:
    engine, symbol = call.simulation.venue.engine, find_market(call).symbol.name
    for order in list_contract_orders(engine, call.account.key, symbol):
        call.simulation.venue.cancel_order(order)
    return {"code": 200, "msg": ALL_CANCELLED}


def get_open_orders(call: Call) -> object:
    symbol = find_market(call).symbol.name if call.params.get("symbol") else None
    found = list_contract_orders(call.simulation.venue.engine, call.account.key, symbol)
    return [order_row(order) for order in found]


def get_order_history(call: Call) -> object:
    records = call.simulation.venue.engine.records
    orders = records.list_orders(call.account.key, find_market(call).symbol.name)
    first = read_integer(call.params, "orderId")
    if first is not None:
        orders = [order for order in orders if order.id >= first]
    orders = [order for order in orders if _is_retained(order, call.now)]
    timed = filter_by_time(orders, [order.created for order in orders], call.params, WEEK)
    return [order_row(order) for order in cut_page(timed, call.params, first)]


def get_fills(call: Call) -> object:
    records = call.simulation.venue.engine.records
    fills = records.list_fills(call.account.key, find_market(call).symbol.name)
    order_id, first = read_integer(call.params, "orderId"), read_integer(call.params, "fromId")
    if first is not None and (call.params.get("startTime") or call.params.get("endTime")):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    if order_id is not None:
        fills = [fill for fill in fills if fill.order_id == order_id]
    if first is not None:
        fills = [fill for fill in fills if fill.id >= first]
    if not {"fromId", "startTime", "endTime"} & set(call.params):
        fills = [fill for fill in fills if fill.time > call.now - WEEK]
    timed = filter_by_time(fills, [fill.time for fill in fills], call.params, WEEK)
    return [fill_row(fill) for fill in cut_page(timed, call.params, first)]


def count_order(call: Call) -> None:
    """Futures orders are counted apart from spot orders."""
    limiter = call.simulation.limiter
    if not limiter.count_order(f"{call.account.key} fapi", call.now):
        most = limiter.limits.orders_per_10s
        text = f"Too many new orders; current limit is {most} orders per TEN_SECONDS."
        raise BinanceError(-1015, text, 429, retry_after=10)


def find_order(call: Call, absent: tuple[int, str, int]) -> Order:
    records, key = call.simulation.venue.engine.records, call.account.key
    symbol = find_market(call).symbol.name
    order_id, name = read_integer(call.params, "orderId"), call.params.get("origClientOrderId")
    if order_id is None and not name:
        text = "Either origClientOrderId or orderId must be sent."
        raise BinanceError(-1102, text)
    if order_id is not None:
        found = records.by_id(key, symbol, order_id)
    else:
        found = records.by_client_id(key, symbol, name or "")
    if found is None or not _is_retained(found, call.now):
        raise BinanceError(*absent)
    return found


def _is_retained(order: Order, now: int) -> bool:
    return order.is_open or bool(order.executed) or order.created + UNFILLED_RETENTION >= now
