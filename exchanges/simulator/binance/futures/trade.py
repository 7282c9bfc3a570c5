"""Binance USD-M's signed order endpoints: place, change, cancel, ask."""

from dataclasses import replace
from decimal import Decimal

from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import CANCEL_REJECTED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures import params as futures
from exchanges.simulator.binance.futures.rows import order_row, trade_row
from exchanges.simulator.binance.futures.symbols import market_of
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.engine.margin import list_contract_orders
from exchanges.simulator.engine.matching import would_take
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.rate_limits.weight_limiter import DAY

WEEK = 7 * DAY
# Orders that ended without a fill are forgotten sooner than any other.
KEPT_UNFILLED = 3 * DAY
DONE = "The operation of cancel all open order is done."


def place(call: Call) -> object:
    new = futures.new_order(call.params, call.account.key, market_of(call))
    response = call.params.get("newOrderRespType") or "ACK"
    if response not in ("ACK", "RESULT"):
        raise BinanceError(-1136, "Invalid newOrderRespType.")
    count(call)
    with futures.refusals():
        order = call.simulation.venue.place_order(new)
    row = order_row(order)
    if response == "ACK":  # what it was before it met anybody
        zero = dict.fromkeys(("executedQty", "cumQty", "cumQuote", "avgPrice"), "0")
        row |= {"status": "NEW", **zero}
    return row


def place_test(call: Call) -> object:
    new = futures.new_order(call.params, call.account.key, market_of(call))
    with futures.refusals():
        call.simulation.venue.check_order(new)
    return {}


def change(call: Call) -> object:
    """Another price and quantity for a limit order; both are sent, both names stay."""
    order = _find(call, UNKNOWN_ORDER)
    if not order.is_open or order.type == "MARKET":
        raise BinanceError(*UNKNOWN_ORDER)
    price, quantity = read.number(call.params, "price"), read.number(call.params, "quantity")
    if (price or order.price, quantity or order.quantity) == (order.price, order.quantity):
        raise BinanceError(-5027, "No need to modify the order.")
    if _ends_it(call, order, price, quantity):
        call.simulation.venue.cancel_order(order)
        return order_row(order)
    with futures.refusals():
        call.simulation.venue.amend_order(order, price=price or None, quantity=quantity or None)
    return order_row(order)


def _ends_it(call: Call, order: Order, price: Decimal, quantity: Decimal) -> bool:
    """Nothing would be left of it, or a post-only order would take: then it is cancelled."""
    if quantity and quantity <= order.executed:
        return True
    wished = replace(order, price=price or order.price)
    return order.type == "LIMIT_MAKER" and would_take(market_of(call), wished)


def query(call: Call) -> object:
    return order_row(_find(call, UNKNOWN_ORDER))


def open_order(call: Call) -> object:
    order = _find(call, UNKNOWN_ORDER)
    if not order.is_open:
        raise BinanceError(*UNKNOWN_ORDER)
    return order_row(order)


def cancel(call: Call) -> object:
    order = _find(call, CANCEL_REJECTED)
    if not order.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    call.simulation.venue.cancel_order(order)
    return order_row(order)


def cancel_all(call: Call) -> object:
    engine, symbol = call.simulation.venue.engine, market_of(call).symbol.name
    for order in list_contract_orders(engine, call.account.key, symbol):
        call.simulation.venue.cancel_order(order)
    return {"code": 200, "msg": DONE}


def open_orders(call: Call) -> object:
    symbol = market_of(call).symbol.name if call.params.get("symbol") else None
    found = list_contract_orders(call.simulation.venue.engine, call.account.key, symbol)
    return [order_row(order) for order in found]


def all_orders(call: Call) -> object:
    records = call.simulation.venue.engine.records
    orders = records.list_orders(call.account.key, market_of(call).symbol.name)
    first = read.whole(call.params, "orderId")
    if first is not None:
        orders = [order for order in orders if order.id >= first]
    orders = [order for order in orders if _kept(order, call.now)]
    timed = read.between(orders, [order.created for order in orders], call.params, WEEK)
    return [order_row(order) for order in read.page(timed, call.params, first)]


def user_trades(call: Call) -> object:
    records = call.simulation.venue.engine.records
    fills = records.list_fills(call.account.key, market_of(call).symbol.name)
    order_id, first = read.whole(call.params, "orderId"), read.whole(call.params, "fromId")
    if first is not None and (call.params.get("startTime") or call.params.get("endTime")):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    if order_id is not None:
        fills = [fill for fill in fills if fill.order_id == order_id]
    if first is not None:
        fills = [fill for fill in fills if fill.id >= first]
    if not {"fromId", "startTime", "endTime"} & set(call.params):
        fills = [fill for fill in fills if fill.time > call.now - WEEK]
    timed = read.between(fills, [fill.time for fill in fills], call.params, WEEK)
    return [trade_row(fill) for fill in read.page(timed, call.params, first)]


def count(call: Call) -> None:
    """Futures orders are counted apart from spot orders."""
    limiter = call.simulation.limiter
    if not limiter.count_order(f"{call.account.key} fapi", call.now):
        most = limiter.limits.orders_per_10s
        text = f"Too many new orders; current limit is {most} orders per TEN_SECONDS."
        raise BinanceError(-1015, text, 429, retry_after=10)


def _find(call: Call, absent: tuple[int, str, int]) -> Order:
    records, key = call.simulation.venue.engine.records, call.account.key
    symbol = market_of(call).symbol.name
    order_id, name = read.whole(call.params, "orderId"), call.params.get("origClientOrderId")
    if order_id is None and not name:
        text = "Either origClientOrderId or orderId must be sent."
        raise BinanceError(-1102, text)
    if order_id is not None:
        found = records.by_id(key, symbol, order_id)
    else:
        found = records.by_client_id(key, symbol, name or "")
    if found is None or not _kept(found, call.now):
        raise BinanceError(*absent)
    return found


def _kept(order: Order, now: int) -> bool:
    return order.is_open or bool(order.executed) or order.created + KEPT_UNFILLED >= now
