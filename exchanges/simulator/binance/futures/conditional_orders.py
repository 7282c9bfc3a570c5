"""Endpoints of conditional orders, which have ids of their own until the trigger fires."""

from exchanges.simulator.binance.errors import CANCEL_REJECTED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures.lookup import WEEK
from exchanges.simulator.binance.futures.params import build_refusal, read_conditional_order
from exchanges.simulator.binance.futures.rows import algo_row
from exchanges.simulator.binance.futures.trade import ALL_CANCELLED
from exchanges.simulator.binance.gateway import Call, count_order
from exchanges.simulator.binance.market import find_market, read_symbol
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import filter_by_time, read_integer, read_limit
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.symbols import is_contract
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.refusals import translate_refusals


def place_order(call: Call) -> object:
    new_order, trigger = read_conditional_order(call.params, call.account, find_market(call))
    count_order(call)
    with translate_refusals(build_refusal):
        return _order_row(call, call.venue.add_waiting_order(new_order, trigger))


def get_order(call: Call) -> object:
    return _order_row(call, _find_order(call, UNKNOWN_ORDER))


def cancel_order(call: Call) -> object:
    order = _find_order(call, CANCEL_REJECTED)
    if not order.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    call.venue.cancel_waiting_order(order)
    names = {"algoId": order.id, "clientAlgoId": order.client_id}
    return {**names, "code": "200", "msg": "success"}


def cancel_all_orders(call: Call) -> object:
    for order in _list_orders(call, read_symbol(call)):
        if order.is_open:
            call.venue.cancel_waiting_order(order)
    return {"code": "200", "msg": ALL_CANCELLED}


def get_open_orders(call: Call) -> object:
    symbol = read_symbol(call) if call.params.get("symbol") else None
    return [_order_row(call, order) for order in _list_orders(call, symbol) if order.is_open]


def get_order_history(call: Call) -> object:
    orders = _list_orders(call, read_symbol(call))
    first_id = read_integer(call.params, "algoId") or 0
    orders = [order for order in orders if order.id >= first_id]
    orders = filter_by_time(orders, lambda order: order.created, call.params, WEEK)
    limit = read_limit(call.params, 500, 1000)
    rows = orders[:limit] if call.params.get("algoId") else orders[-limit:]
    return [_order_row(call, order) for order in rows]


def _order_row(call: Call, order: WaitingOrder) -> Json:
    return algo_row(order, find_placed_order(call.engine, order))


def find_placed_order(engine: Engine, order: WaitingOrder) -> Order | None:
    if order.order_id is None:
        return None
    return engine.records.by_id(order.account, order.symbol, order.order_id)


def _list_orders(call: Call, symbol: str | None) -> list[WaitingOrder]:
    orders = call.engine.conditional.list_waiting(call.account.key, symbol)
    return [order for order in orders if is_contract(order.symbol)]


def _find_order(call: Call, not_found: tuple[int, str, int]) -> WaitingOrder:
    """Return an order by algoId or clientAlgoId; no symbol is needed."""
    algo_id, client_id = read_integer(call.params, "algoId"), call.params.get("clientAlgoId")
    if algo_id is None and not client_id:
        raise BinanceError(-1102, "Either algoId or clientAlgoId must be sent.")
    orders = [
        order
        for order in _list_orders(call, None)
        if order.id == algo_id or (algo_id is None and order.client_id == client_id)
    ]
    if not orders:
        raise BinanceError(*not_found)
    return orders[-1]
