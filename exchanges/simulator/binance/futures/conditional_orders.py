"""Binance USD-M's conditional orders: a book of their own until their trigger is touched."""

from exchanges.simulator.binance.errors import CANCEL_REJECTED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures.conditional_rows import algo_row
from exchanges.simulator.binance.futures.lookup import WEEK
from exchanges.simulator.binance.futures.params import read_conditional_order, translate_refusals
from exchanges.simulator.binance.futures.symbols import find_market
from exchanges.simulator.binance.futures.trade import ALL_CANCELLED, count_order
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import filter_by_time, read_integer, read_limit
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import is_contract
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Order


def place_order(call: Call) -> object:
    wish, trigger = read_conditional_order(call.params, call.account.key, find_market(call))
    count_order(call)
    with translate_refusals():
        return _order_row(call, call.simulation.venue.add_waiting_order(wish, trigger))


def get_order(call: Call) -> object:
    return _order_row(call, _find_order(call, UNKNOWN_ORDER))


def cancel_order(call: Call) -> object:
    waiting = _find_order(call, CANCEL_REJECTED)
    if not waiting.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    call.simulation.venue.cancel_waiting_order(waiting)
    names = {"algoId": waiting.id, "clientAlgoId": waiting.client_id}
    return {**names, "code": "200", "msg": "success"}


def cancel_all_orders(call: Call) -> object:
    for waiting in _list_orders(call, find_market(call).symbol.name):
        if waiting.is_open:
            call.simulation.venue.cancel_waiting_order(waiting)
    return {"code": "200", "msg": ALL_CANCELLED}


def get_open_orders(call: Call) -> object:
    symbol = find_market(call).symbol.name if call.params.get("symbol") else None
    return [_order_row(call, waiting) for waiting in _list_orders(call, symbol) if waiting.is_open]


def get_order_history(call: Call) -> object:
    found = _list_orders(call, find_market(call).symbol.name)
    first = read_integer(call.params, "algoId")
    if first is not None:
        found = [waiting for waiting in found if waiting.id >= first]
    timed = filter_by_time(found, [waiting.created for waiting in found], call.params, WEEK)
    limit = read_limit(call.params, 500, 1000)
    rows = timed[-limit:] if first is None else timed[:limit]
    return [_order_row(call, waiting) for waiting in rows]


def _order_row(call: Call, waiting: WaitingOrder) -> Json:
    return algo_row(waiting, find_placed_order(call.simulation.venue.engine, waiting))


def find_placed_order(engine: Engine, waiting: WaitingOrder) -> Order | None:
    if waiting.order_id is None:
        return None
    return engine.records.by_id(waiting.account, waiting.symbol, waiting.order_id)


def find_conditional_origin(engine: Engine, order: Order) -> WaitingOrder | None:
    """What an order waited as, if it did."""
    found = engine.conditional.by_client_id(order.account, order.symbol, order.client_id)
    return found if found and found.order_id == order.id else None


def _list_orders(call: Call, symbol: str | None) -> list[WaitingOrder]:
    found = call.simulation.venue.engine.conditional.list_waiting(call.account.key, symbol)
    return [waiting for waiting in found if is_contract(waiting.symbol)]


def _find_order(call: Call, absent: tuple[int, str, int]) -> WaitingOrder:
    """By algoId or clientAlgoId; no symbol is needed."""
    number, name = read_integer(call.params, "algoId"), call.params.get("clientAlgoId")
    if number is None and not name:
        raise BinanceError(-1102, "Either algoId or clientAlgoId must be sent.")
    found = [
        waiting
        for waiting in _list_orders(call, None)
        if waiting.id == number or (number is None and waiting.client_id == name)
    ]
    if not found:
        raise BinanceError(*absent)
    return found[-1]
