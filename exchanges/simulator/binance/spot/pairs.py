"""Endpoints of order lists: two orders of which one ends the other."""

from dataclasses import replace
from typing import Final

from exchanges.simulator.binance.errors import CANCEL_REJECTED, BinanceError, unexpected_parameter
from exchanges.simulator.binance.gateway import Call, count_order
from exchanges.simulator.binance.market import read_symbol
from exchanges.simulator.binance.params import (
    cut_page,
    filter_by_time,
    read_choice,
    read_client_id,
    read_integer,
    read_order,
    read_response_type,
)
from exchanges.simulator.binance.spot import rows, trade
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.refusals import OrderRefusal, translate_refusals

# The parameters of each of the two, without the word before them.
FIELDS: Final = {
    "Type": "type",
    "ClientOrderId": "newClientOrderId",
    "Price": "price",
    "StopPrice": "stopPrice",
    "TimeInForce": "timeInForce",
}
# Names of the older endpoint, and the names of today without the word before them.
LIMIT_FIELDS: Final = {
    "limitClientOrderId": "ClientOrderId",
    "limitIcebergQty": "IcebergQty",
    "price": "Price",
}
STOP_FIELDS: Final = {
    "stopClientOrderId": "ClientOrderId",
    "stopPrice": "StopPrice",
    "trailingDelta": "TrailingDelta",
    "stopIcebergQty": "IcebergQty",
    "stopLimitPrice": "Price",
    "stopLimitTimeInForce": "TimeInForce",
}
SHARED: Final = ("side", "quantity", "selfTradePreventionMode")
NOT_HERE: Final = ("IcebergQty", "TrailingDelta", "StrategyId", "StrategyType", "Peg")
PROFITS: Final = ("LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
LOSSES: Final = ("STOP_LOSS", "STOP_LOSS_LIMIT")
WRONG_PRICES: Final = "The relationship of the prices for the orders is not correct."
NO_LIST: Final = (-2018, "Order list does not exist.", 400)


def place_pair(call: Call) -> object:
    """Place both orders, or none of them."""
    client_id = read_client_id(call.params, "listClientOrderId")
    sells = call.params.get("side") == "SELL"
    above = _read_leg(call, "above", PROFITS if sells else LOSSES)
    below = _read_leg(call, "below", LOSSES if sells else PROFITS)
    response = read_response_type(call.params)
    count_order(call)
    with translate_refusals(_build_refusal):
        orders = call.venue.place_pair((above, below), client_id)
    reports = [rows.new_order_row(order, (), response) for order in orders]
    return rows.list_row(orders, call.now) | {"orderReports": reports}


def place_old_pair(call: Call) -> object:
    """Place the pair of the older endpoint, whose parameters name a limit and a stop."""
    sells, params = call.params.get("side") == "SELL", dict(call.params)
    limit, stop = ("above", "below") if sells else ("below", "above")
    names = {old: limit + new for old, new in LIMIT_FIELDS.items()}
    names |= {old: stop + new for old, new in STOP_FIELDS.items()}
    params |= {names[old]: params.pop(old) for old in tuple(params) if old in names}
    params[f"{limit}Type"] = "LIMIT_MAKER"
    params[f"{stop}Type"] = "STOP_LOSS_LIMIT" if params.get(f"{stop}Price") else "STOP_LOSS"
    return place_pair(replace(call, params=params))


def get_all_lists(call: Call) -> object:
    """Answer with the lists from the id `fromId` on, or with the newest; open ones or not."""
    records, key, params = call.engine.records, call.account.key, call.params
    if params.get("fromId") and (params.get("startTime") or params.get("endTime")):
        raise BinanceError(-1128, "Combination of optional parameters invalid.")
    first = read_integer(params, "fromId") or 0
    ids = {order.list_id for order in records.list_orders(key) if order.list_id >= first}
    lists = [records.list_members(key, number) for number in sorted(ids)]
    lists = filter_by_time(lists, lambda members: members[0].created, params)
    return [rows.list_row(members, call.now) for members in cut_page(lists, params, "fromId")]


def get_list(call: Call) -> object:
    return rows.list_row(_find_members(call, "origClientOrderId", NO_LIST), call.now)


def get_open_lists(call: Call) -> object:
    open_orders = call.engine.records.list_open_orders(call.account.key)
    numbers = sorted({order.list_id for order in open_orders if order.list_id >= 0})
    lists = (call.engine.records.list_members(call.account.key, number) for number in numbers)
    return [rows.list_row(members, call.now) for members in lists]


def cancel_list(call: Call) -> object:
    read_symbol(call)
    members = _find_members(call, "listClientOrderId", CANCEL_REJECTED)
    is_open = [order for order in members if order.is_open]
    if not is_open:
        raise BinanceError(*CANCEL_REJECTED)
    cancel_id = read_client_id(call.params)
    call.venue.cancel_order(is_open[0], cancel_id)
    reports = [rows.cancelled_order_row(order, cancel_id) for order in members]
    return rows.list_row(members, call.now) | {"orderReports": reports}


def _read_leg(call: Call, word: str, kinds: tuple[str, ...]) -> NewOrder:
    for name in NOT_HERE:
        if call.params.get(word + name):
            raise unexpected_parameter(word + name)
    read_choice(call.params, f"{word}Type", kinds, -1013)
    own = {name: call.params.get(word + suffix, "") for suffix, name in FIELDS.items()}
    shared = {name: call.params[name] for name in SHARED if name in call.params}
    given: dict[str, str] = {name: value for name, value in own.items() if value} | shared
    return read_order(given, call.account.key, read_symbol(call))


def _build_refusal(refusal: OrderRefusal) -> BinanceError:
    if refusal.rule in ("WouldTrigger", "WouldTake"):
        return BinanceError(-2010, WRONG_PRICES)
    return trade.build_refusal(refusal)


def _find_members(call: Call, name: str, missing: tuple[int, str, int]) -> list[Order]:
    records, number = call.engine.records, read_integer(call.params, "orderListId")
    client_id = call.params.get(name, "")
    members = [
        order
        for order in records.list_orders(call.account.key)
        if order.list_id >= 0 and (order.list_id == number or order.list_client_id == client_id)
    ]
    if not members:
        raise BinanceError(*missing)
    return records.list_members(call.account.key, members[-1].list_id)
