"""Endpoints that list orders and fills: open and ended, in pages with a cursor."""

from exchanges.simulator.bybit.errors import missing_parameter
from exchanges.simulator.bybit.gateway import Call
from exchanges.simulator.bybit.params import cut_page, read_text, time_filter
from exchanges.simulator.bybit.rows import Json, fill_row, funding_row, order_filter, order_row
from exchanges.simulator.bybit.symbols import find_market, list_markets, parse_wire_id
from exchanges.simulator.orders.orders import Fill, Order

DAY = 86_400_000
# An order that ended unfilled is forgotten after a day, as at the real venue.
UNFILLED_RETENTION = DAY
MAX_RECENT_ORDERS = 500


def get_open_orders(call: Call) -> object:
    """Answer with open orders; with an order id or openOnly=1, with recently ended ones too."""
    _require_scope(call)
    if has_order_id(call):
        orders = [order for order in find_orders(call) if is_retained(order, call.now)]
    elif call.params.get("openOnly") in ("1", 1):
        orders = [order for order in list_orders(call) if is_retained(order, call.now)]
        orders = [order for order in orders if not order.is_open][-MAX_RECENT_ORDERS:]
    else:
        orders = [order for order in list_orders(call) if order.is_open]
    return _order_page(call, orders)


def get_order_history(call: Call) -> object:
    orders = find_orders(call) if has_order_id(call) else list_orders(call)
    if not has_order_id(call) or call.params.get("startTime"):
        is_in_period = time_filter(call.params, call.now)
        orders = [order for order in orders if is_in_period(order.created)]
    ended = [order for order in orders if not order.is_open]
    orders = [order for order in ended if is_retained(order, call.now)]
    return _order_page(call, orders)


def get_fills(call: Call) -> object:
    category = call.category
    symbols = _read_symbols(call)
    if call.params.get("execType") == "Funding":
        return _list_funding(call, symbols)
    records = call.engine.records
    listed = [fill for fill in records.list_fills(call.account.key) if fill.symbol in symbols]
    numbers = {id(fill): number for number, fill in enumerate(listed)}
    fills = [fill for fill in listed if _matches_fill(call, fill)]
    if not has_order_id(call) or call.params.get("startTime"):
        is_in_period = time_filter(call.params, call.now)
        fills = [fill for fill in fills if is_in_period(fill.time)]
    page, cursor = cut_page(call.params, fills, lambda fill: numbers[id(fill)], (50, 100))
    rows = [fill_row(fill, records.orders[fill.symbol, fill.order_id], category) for fill in page]
    return {"category": category, "list": rows, "nextPageCursor": cursor}


def _list_funding(call: Call, symbols: set[str]) -> Json:
    is_in_period = time_filter(call.params, call.now)
    paid = call.engine.ledger.list_income(call.account.key)
    incomes = [row for row in paid if row.contract in symbols and is_in_period(row.time)]
    page, cursor = cut_page(call.params, incomes, lambda income: income.id, (50, 100))
    rows = [funding_row(income) for income in page]
    return {"category": call.category, "list": rows, "nextPageCursor": cursor}


def find_order(call: Call) -> Order | None:
    orders = find_orders(call)
    return orders[-1] if orders else None


def has_order_id(call: Call) -> bool:
    return bool(call.params.get("orderId") or call.params.get("orderLinkId"))


def find_orders(call: Call) -> list[Order]:
    """Return orders by Bybit's id if it is sent, else by the client id; the symbol must match."""
    order_id, symbols = read_text(call.params, "orderId", ""), _read_symbols(call)
    if order_id:
        engine_id = parse_wire_id(call.engine, call.category, order_id)
        orders = [call.engine.records.by_id(call.account.key, *engine_id)] if engine_id else []
    else:
        client_id = read_text(call.params, "orderLinkId")
        by_client_id = call.engine.records.by_client_id
        orders = [by_client_id(call.account.key, symbol, client_id) for symbol in symbols]
    return [order for order in orders if order is not None and order.symbol in symbols]


def list_orders(call: Call) -> list[Order]:
    symbols = _read_symbols(call)
    orders = call.engine.records.list_orders(call.account.key)
    return [order for order in orders if order.symbol in symbols]


def is_retained(order: Order, now: int) -> bool:
    return order.is_open or bool(order.executed) or order.updated > now - UNFILLED_RETENTION


def _order_page(call: Call, orders: list[Order]) -> Json:
    """Build a page of the orders that `orderFilter` asks for, by default all."""
    category, kind = call.category, call.params.get("orderFilter")
    orders = [order for order in orders if kind in (None, "", order_filter(order))]
    page, cursor = cut_page(call.params, orders, lambda order: order.sequence, (20, 50))
    rows = [order_row(call.engine, order, category) for order in page]
    return {"category": category, "list": rows, "nextPageCursor": cursor}


def _read_symbols(call: Call) -> set[str]:
    """Return the engine's symbols that the request is about."""
    name, markets = call.params.get("symbol"), list_markets(call.engine, call.category)
    if name:
        return {find_market(call.engine, call.category, name).symbol.name}
    base, settle = call.params.get("baseCoin"), call.params.get("settleCoin")
    return {
        market.symbol.name
        for market in markets.values()
        if base in (None, "", market.symbol.base) and settle in (None, "", market.symbol.quote)
    }


def _require_scope(call: Call) -> None:
    """Refuse a request for all contracts: Bybit wants a symbol or coin; spot needs none."""
    scope = ("symbol", "settleCoin", "baseCoin", "orderId", "orderLinkId")
    if call.category != "spot" and not any(call.params.get(name) for name in scope):
        raise missing_parameter("symbol or settleCoin or baseCoin")


def _matches_fill(call: Call, fill: Fill) -> bool:
    if not has_order_id(call):
        return True
    return (fill.symbol, fill.order_id) in {(o.symbol, o.id) for o in find_orders(call)}
