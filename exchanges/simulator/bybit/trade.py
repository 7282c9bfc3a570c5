"""Endpoints that place, amend and cancel orders, one by one or in batches."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from exchanges.simulator.bybit import unsupported
from exchanges.simulator.bybit.errors import BybitError, missing_parameter, order_refusal
from exchanges.simulator.bybit.gateway import Call, Result
from exchanges.simulator.bybit.lookup import find_order, list_orders
from exchanges.simulator.bybit.params import read_decimal, read_order, read_text
from exchanges.simulator.bybit.rows import Json, order_filter
from exchanges.simulator.bybit.symbols import Category, find_market, wire_id
from exchanges.simulator.markets.filters import check_filters
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.refusals import OrderRefusal, translate_refusals
from exchanges.simulator.transport.params import wire_client_id

MAX_BATCH_SIZE = 20


def cancel_all_orders(call: Call) -> object:
    category = call.category
    open_orders = [order for order in list_orders(call) if order.is_open]
    orders = [order for order in open_orders if _matches_filter(call, order)]
    for order in orders:
        call.venue.cancel_order(order)
    return {"list": [_order_ids(order, category) for order in orders], "success": "1"}


def place_orders(call: Call) -> object:
    return _run_batch(call, place_order)


def amend_orders(call: Call) -> object:
    return _run_batch(call, amend_order)


def cancel_orders(call: Call) -> object:
    return _run_batch(call, cancel_order)


def _order_ids(order: Order, category: Category) -> Json:
    return {
        "orderId": wire_id(category, order.symbol, order.id),
        "orderLinkId": wire_client_id(order.client_id),
    }


def place_order(call: Call) -> Json:
    category = call.category
    market = find_market(call.engine, category, read_text(call.params, "symbol"))
    new_order = read_order(call.params, call.account, market, category)
    if call.engine.records.by_client_id(new_order.account, new_order.symbol, new_order.client_id):
        raise order_refusal(category, "DuplicateClientId")
    with translate_refusals(partial(_build_refusal, category, new_order, market)):
        return _order_ids(call.venue.place_or_cancel(new_order), category)


def check_order(call: Call) -> Json:
    """Check an order without placing it; the margin before and after is computed for none."""
    category = call.category
    market = find_market(call.engine, category, read_text(call.params, "symbol"))
    new_order = read_order(call.params, call.account, market, category)
    with translate_refusals(partial(_build_refusal, category, new_order, market)):
        call.venue.check_order(new_order)
    rates = dict.fromkeys(("preImrE4", "preMmrE4", "postImrE4", "postMmrE4"), 0)
    return {"orderId": "", "orderLinkId": wire_client_id(new_order.client_id), **rates}


def amend_order(call: Call) -> Json:
    """Change the price, quantity or trigger price of an order; its ids stay."""
    unsupported.refuse_parameters(call.params, unsupported.AMENDMENTS)
    order, category = _find_open_order(call), call.category
    price, quantity = read_decimal(call.params, "price"), read_decimal(call.params, "qty")
    trigger_price = read_decimal(call.params, "triggerPrice")
    if not (price or quantity or trigger_price):
        raise BybitError(10001, "The order remains unchanged as the parameters entered match")
    if quantity and quantity <= order.executed:
        raise BybitError(110064, "The number of contracts modified is too small")
    amended = replace(order, price=price or order.price, quantity=quantity or order.quantity)
    changes = {"price": price, "quantity": quantity, "trigger_price": trigger_price}
    market = call.engine.markets[order.symbol]
    with translate_refusals(partial(_build_refusal, category, amended, market)):
        check_filters(market.symbol, market.price, amended)
        call.venue.amend_order(order, **{name: value or None for name, value in changes.items()})
    return _order_ids(order, category)


def cancel_order(call: Call) -> Json:
    order = _find_open_order(call)
    if not _matches_filter(call, order):
        raise order_refusal(call.category, "absent")
    call.venue.cancel_order(order)
    return _order_ids(order, call.category)


def _find_open_order(call: Call) -> Order:
    read_text(call.params, "symbol")
    if not call.params.get("orderId") and not call.params.get("orderLinkId"):
        raise missing_parameter("orderId or orderLinkId")
    order = find_order(call)
    if order is None or not order.is_open:
        raise order_refusal(call.category, "absent")
    return order


def _matches_filter(call: Call, order: Order) -> bool:
    """Return whether a request covers this order; on spot, trigger orders need `orderFilter`."""
    order_filter_name = call.params.get("orderFilter") or "Order"
    return call.category == "linear" or order_filter_name == order_filter(order)


def _build_refusal(
    category: Category, order: NewOrder | Order, market: Market, refusal: OrderRefusal
) -> BybitError:
    trigger = order.trigger
    if refusal.rule != "WouldTrigger" or trigger is None or category == "spot":
        return order_refusal(category, _broken_rule(refusal.rule, order, market))
    code, direction, sign = (110092, "Rising", "<=") if trigger.rises else (110093, "Falling", ">=")
    prices = f"trigger_price[{trigger.price}] {sign} current[{market.price}]"
    return BybitError(code, f"expect {direction}, but {prices}??LastPrice")


def _broken_rule(name: str, order: NewOrder | Order, market: Market) -> str:
    """Return which rule a quantity or value breaks: too small, too large, or off the step."""
    value = order.quantity * (order.price or market.price)
    if name == "NOTIONAL" and value > market.symbol.min_notional:
        return "TOO_MUCH"
    if name != "LOT_SIZE":
        return name
    if order.quantity % market.symbol.step:
        return "STEP_SIZE"
    return "MARKET_LOT_SIZE" if order.quantity > market.symbol.max_quantity else name


def _run_batch(call: Call, action: Callable[[Call], Json]) -> Result:
    """Run each request of a batch: ids go into the result, error codes into retExtInfo."""
    requests = call.params.get("request")
    if not isinstance(requests, list) or not 0 < len(requests) <= MAX_BATCH_SIZE:
        raise BybitError(10001, "params error: request invalid")
    if not all(isinstance(request, dict) for request in requests):
        raise BybitError(10001, "params error: request invalid")
    results = [_run_request(call, action, request) for request in requests]
    rows, statuses = [row for row, _ in results], [status for _, status in results]
    return Result({"list": rows}, {"list": statuses})


def _run_request(
    call: Call, action: Callable[[Call], Json], request: Mapping[str, Any]
) -> tuple[Json, Json]:
    params = {"category": call.category, **request}
    row: Json = {name: params.get(name, "") for name in ("symbol", "category")}
    try:
        result = action(replace(call, params=params))
    except BybitError as error:
        row |= {"orderId": "", "orderLinkId": str(request.get("orderLinkId", "")), "createAt": ""}
        return row, {"code": error.code, "msg": error.message}
    return row | result | {"createAt": str(call.now)}, {"code": 0, "msg": "OK"}
