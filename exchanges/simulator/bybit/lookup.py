"""Bybit's lists of orders and executions: open and ended, by any name, in pages with a cursor."""

from exchanges.simulator.bybit import params as read
from exchanges.simulator.bybit.errors import missing
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.rows import Json, execution_row, order_filter, order_row
from exchanges.simulator.bybit.symbols import book, books, core_id
from exchanges.simulator.orders.orders import Fill, Order

DAY = 86_400_000
ENDED_IN_REALTIME = 500


def realtime(call: Call) -> object:
    """Open orders; by name, or with openOnly=1, the latest ended ones too."""
    _require_scope(call)
    if named(call):
        found = [order for order in named_orders(call) if still_kept(order, call.now)]
    elif call.params.get("openOnly") in ("1", 1):
        found = [order for order in orders_of(call) if still_kept(order, call.now)]
        found = [order for order in found if not order.is_open][-ENDED_IN_REALTIME:]
    else:
        found = [order for order in orders_of(call) if order.is_open]
    return _order_page(call, found, usual=20)


def history(call: Call) -> object:
    """Ended orders of a week."""
    found = named_orders(call) if named(call) else orders_of(call)
    if not named(call) or call.params.get("startTime"):
        within = read.between(call.params, call.now)
        found = [order for order in found if within(order.created)]
    ended = [order for order in found if not order.is_open and still_kept(order, call.now)]
    return _order_page(call, ended, usual=20)


def executions(call: Call) -> object:
    category, engine = call.category, call.engine
    fills = [fill for fill in _fills(call) if _is_asked_for(call, fill)]
    if not named(call) or call.params.get("startTime"):
        within = read.between(call.params, call.now)
        fills = [fill for fill in fills if within(fill.time)]
    numbers = {id(fill): number for number, fill in enumerate(_fills(call))}
    shown, cursor = read.page(
        call.params, fills, lambda fill: numbers[id(fill)], usual=50, most=100
    )
    rows = [
        execution_row(fill, engine.records.orders[fill.symbol, fill.order_id], category)
        for fill in shown
    ]
    return {"category": category, "list": rows, "nextPageCursor": cursor}


def the_order(call: Call) -> Order | None:
    found = named_orders(call)
    return found[-1] if found else None


def named(call: Call) -> bool:
    return bool(call.params.get("orderId") or call.params.get("orderLinkId"))


def named_orders(call: Call) -> list[Order]:
    """By the venue's id if there is one, else by the owner's; the symbol must agree."""
    order_id = read.text(call.params, "orderId", "")
    if order_id:
        made_of = core_id(call.engine, call.category, order_id)
        found = [call.engine.records.by_id(call.account.key, *made_of)] if made_of else []
    else:
        link = read.text(call.params, "orderLinkId")
        by_name = call.engine.records.by_client_id
        found = [by_name(call.account.key, symbol, link) for symbol in _symbols(call)]
    return [order for order in found if order is not None and order.symbol in _symbols(call)]


def orders_of(call: Call) -> list[Order]:
    symbols = _symbols(call)
    orders = call.engine.records.list_orders(call.account.key)
    return [order for order in orders if order.symbol in symbols]


def of_kind(call: Call, orders: list[Order]) -> list[Order]:
    """All kinds are in one list, unless one is asked for."""
    kind = call.params.get("orderFilter")
    return [order for order in orders if kind in (None, "", order_filter(order))]


def still_kept(order: Order, now: int) -> bool:
    """What ended without any part filled is forgotten after a day, as at the real venue."""
    return order.is_open or bool(order.executed) or order.updated > now - DAY


def _order_page(call: Call, orders: list[Order], *, usual: int) -> Json:
    category = call.category
    shown, cursor = read.page(
        call.params, of_kind(call, orders), lambda order: order.sequence, usual=usual, most=50
    )
    rows = [order_row(call.engine, order, category) for order in shown]
    return {"category": category, "list": rows, "nextPageCursor": cursor}


def _symbols(call: Call) -> set[str]:
    """The engine's own names of the symbols that the call is about."""
    name, markets = call.params.get("symbol"), books(call.engine, call.category)
    if name:
        return {book(call.engine, call.category, name).symbol.name}
    base, settle = call.params.get("baseCoin"), call.params.get("settleCoin")
    return {
        market.symbol.name
        for market in markets.values()
        if base in (None, "", market.symbol.base) and settle in (None, "", market.symbol.quote)
    }


def _require_scope(call: Call) -> None:
    """Contracts are asked for by symbol or coin; spot may be asked for as a whole."""
    scope = ("symbol", "settleCoin", "baseCoin", "orderId", "orderLinkId")
    if call.category != "spot" and not any(call.params.get(name) for name in scope):
        raise missing("symbol or settleCoin or baseCoin")


def _fills(call: Call) -> list[Fill]:
    symbols = _symbols(call)
    fills = call.engine.records.list_fills(call.account.key)
    return [fill for fill in fills if fill.symbol in symbols]


def _is_asked_for(call: Call, fill: Fill) -> bool:
    if not named(call):
        return True
    return any((fill.symbol, fill.order_id) == (o.symbol, o.id) for o in named_orders(call))
