"""Endpoints that list orders and fills: open, ended and archived, in pages of 100."""

from exchanges.simulator.okx import rows, symbols
from exchanges.simulator.okx.errors import ORDER_NOT_FOUND, OkxError, missing_parameter
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.params import cut_page, read_set, read_text, time_filter
from exchanges.simulator.orders.orders import Order
from exchanges.simulator.transport.params import Params

DAY = 86_400_000
# An order that ended unfilled is forgotten after two hours, as at the real venue.
UNFILLED_RETENTION = DAY // 12
FILL_RETENTION, HISTORY_RETENTION, ARCHIVE_RETENTION = 3 * DAY, 7 * DAY, 90 * DAY


def get_order(call: Call) -> object:
    order = find_order(call, call.params)
    if order is None or not is_retained(order, call.now):
        raise OkxError(*ORDER_NOT_FOUND)
    return [rows.order_row(call.engine, order)]


def get_open_orders(call: Call) -> object:
    orders = call.engine.records.list_open_orders(call.account.key)
    working = [order for order in orders if not order.is_waiting]
    return _order_page(call, [order for order in working if _matches_order(call, order)])


def get_fill_history(call: Call) -> object:
    read_text(call.params, "instType")
    return get_fills(call, ARCHIVE_RETENTION)


def find_order(call: Call, ids: Params) -> Order | None:
    """Return an order by OKX's id if it is sent, else by the client id."""
    symbol = symbols.find_instrument(call.engine, read_text(ids, "instId")).symbol
    order_id, client_id = read_text(ids, "ordId", ""), read_text(ids, "clOrdId", "")
    records, key = call.engine.records, call.account.key
    if order_id:
        number = symbols.parse_wire_id(symbol, order_id)
        return None if number is None else records.by_id(key, symbol, number)
    if not client_id:
        raise OkxError(51003, "Either client order ID or order ID is required.", 400)
    order = records.by_client_id(key, symbol, client_id)
    # OKX does not pass a conditional order's client id on to the order that it places.
    return None if order and call.engine.conditional.find_origin(order) else order


def is_retained(order: Order, now: int) -> bool:
    return order.is_open or bool(order.executed) or order.updated > now - UNFILLED_RETENTION


def matches_instrument(call: Call, symbol: str) -> bool:
    instrument, params = symbols.instrument_by_symbol(call.engine, symbol), call.params
    if params.get("instType") and symbols.parse_inst_type(params["instType"]) != instrument.kind:
        return False
    family = params.get("uly") or params.get("instFamily")
    if family and family != f"{instrument.base}-{instrument.quote}":
        return False
    return params.get("instId") in (None, "", instrument.name)


def get_order_history(call: Call, retention: int = HISTORY_RETENTION) -> object:
    if not call.params.get("instType"):
        raise missing_parameter("instType")
    is_in_period, since = time_filter(call.params), call.now - retention
    orders = [
        order
        for order in call.engine.records.list_orders(call.account.key)
        if not order.is_open
        and order.updated > since
        and is_in_period(order.created)
        and is_retained(order, call.now)
        and _matches_order(call, order)
    ]
    return _order_page(call, orders)


def get_order_archive(call: Call) -> object:
    return get_order_history(call, ARCHIVE_RETENTION)


def _matches_order(call: Call, order: Order) -> bool:
    order_types, states = read_set(call.params, "ordType"), read_set(call.params, "state")
    return (
        matches_instrument(call, order.symbol)
        and (not order_types or rows.order_type(order) in order_types)
        and (not states or rows.order_state(order) in states)
    )


def _order_page(call: Call, orders: list[Order]) -> object:
    sequences = {
        symbols.wire_id(order.symbol, order.id): order.sequence
        for order in call.engine.records.list_orders(call.account.key)
    }
    page = cut_page(call.params, orders, lambda order: order.sequence, sequences.get)
    return [rows.order_row(call.engine, order) for order in page]


def get_fills(call: Call, retention: int = FILL_RETENTION) -> object:
    is_in_period, since = time_filter(call.params), call.now - retention
    fills = call.engine.records.list_fills(call.account.key)
    order_id = read_text(call.params, "ordId", "")
    numbered = [
        (number, fill)
        for number, fill in enumerate(fills)
        if fill.time > since
        and is_in_period(fill.time)
        and order_id in ("", symbols.wire_id(fill.symbol, fill.order_id))
        and matches_instrument(call, fill.symbol)
    ]
    page = cut_page(call.params, numbered, lambda row: row[0], rows.parse_bill_id)
    return [rows.fill_row(call.engine, fill, number) for number, fill in page]
