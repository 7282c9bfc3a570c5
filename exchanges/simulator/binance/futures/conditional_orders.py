"""Binance USD-M's conditional orders: a book of their own until their trigger is touched."""

from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import CANCEL_REJECTED, UNKNOWN_ORDER, BinanceError
from exchanges.simulator.binance.futures import params as futures
from exchanges.simulator.binance.futures.rows import algo_row
from exchanges.simulator.binance.futures.symbols import market_of
from exchanges.simulator.binance.futures.trade import DONE, WEEK, count
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.markets.contracts import is_contract
from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import Order


def place(call: Call) -> object:
    wish, trigger = futures.waiting(call.params, call.account.key, market_of(call))
    count(call)
    with futures.refusals():
        return row(call, call.simulation.venue.add_waiting_order(wish, trigger))


def query(call: Call) -> object:
    return row(call, _find(call, UNKNOWN_ORDER))


def cancel(call: Call) -> object:
    waiting = _find(call, CANCEL_REJECTED)
    if not waiting.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    call.simulation.venue.cancel_waiting_order(waiting)
    names = {"algoId": waiting.id, "clientAlgoId": waiting.client_id}
    return {**names, "code": "200", "msg": "success"}


def cancel_all(call: Call) -> object:
    for waiting in _of(call, market_of(call).symbol.name):
        if waiting.is_open:
            call.simulation.venue.cancel_waiting_order(waiting)
    return {"code": "200", "msg": DONE}


def open_orders(call: Call) -> object:
    symbol = market_of(call).symbol.name if call.params.get("symbol") else None
    return [row(call, waiting) for waiting in _of(call, symbol) if waiting.is_open]


def all_orders(call: Call) -> object:
    found = _of(call, market_of(call).symbol.name)
    first = read.whole(call.params, "algoId")
    if first is not None:
        found = [waiting for waiting in found if waiting.id >= first]
    timed = read.between(found, [waiting.created for waiting in found], call.params, WEEK)
    limit = read.limit(call.params, 500, 1000)
    rows = timed[-limit:] if first is None else timed[:limit]
    return [row(call, waiting) for waiting in rows]


def row(call: Call, waiting: WaitingOrder) -> Json:
    return algo_row(waiting, became(call.simulation.venue.engine, waiting))


def became(engine: Engine, waiting: WaitingOrder) -> Order | None:
    if waiting.order_id is None:
        return None
    return engine.records.by_id(waiting.account, waiting.symbol, waiting.order_id)


def was(engine: Engine, order: Order) -> WaitingOrder | None:
    """What an order waited as, if it did."""
    found = engine.conditional.by_client_id(order.account, order.symbol, order.client_id)
    return found if found and found.order_id == order.id else None


def _of(call: Call, symbol: str | None) -> list[WaitingOrder]:
    found = call.simulation.venue.engine.conditional.list_waiting(call.account.key, symbol)
    return [waiting for waiting in found if is_contract(waiting.symbol)]


def _find(call: Call, absent: tuple[int, str, int]) -> WaitingOrder:
    """By algoId or clientAlgoId; no symbol is needed."""
    number, name = read.whole(call.params, "algoId"), call.params.get("clientAlgoId")
    if number is None and not name:
        raise BinanceError(-1102, "Either algoId or clientAlgoId must be sent.")
    found = [
        waiting
        for waiting in _of(call, None)
        if waiting.id == number or (number is None and waiting.client_id == name)
    ]
    if not found:
        raise BinanceError(*absent)
    return found[-1]
