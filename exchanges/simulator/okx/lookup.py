"""OKX's lists of orders and fills: pending, ended, archived, by any name, in pages of 100."""

from collections.abc import Callable

from exchanges.simulator.engine.engine import Engine
from exchanges.simulator.okx import params as read
from exchanges.simulator.okx.errors import ABSENT, OkxError, missing
from exchanges.simulator.okx.gateway import Call
from exchanges.simulator.okx.rows import (
    bill_number,
    fill_row,
    order_row,
    order_type,
    state,
    was_waiting,
)
from exchanges.simulator.okx.symbols import core_number, in_core, instrument, type_of, wire_id
from exchanges.simulator.orders.orders import Fill, Order

DAY = 86_400_000
UNFILLED_KEPT = DAY // 12
FILLS_KEPT, HISTORY_KEPT, ARCHIVE_KEPT = 3 * DAY, 7 * DAY, 90 * DAY


def order(call: Call) -> object:
    found = the_order(call, call.params)
    if found is None or not still_kept(found, call.now):
        raise OkxError(*ABSENT)
    return [order_row(call.engine, found)]


def pending(call: Call) -> object:
    orders = call.engine.records.list_open_orders(call.account.key)
    return _page(call, [one for one in orders if not one.is_waiting and _is_asked_for(call, one)])


def history(call: Call) -> object:
    return _ended(call, HISTORY_KEPT)


def archive(call: Call) -> object:
    return _ended(call, ARCHIVE_KEPT)


def fills(call: Call) -> object:
    return _fills(call, FILLS_KEPT)


def fills_history(call: Call) -> object:
    read.text(call.params, "instType")
    return _fills(call, ARCHIVE_KEPT)


def the_order(call: Call, names: read.Params) -> Order | None:
    """By the venue's id if there is one, else by its owner's."""
    symbol = instrument(call.engine, read.text(names, "instId")).symbol
    order_id, client_id = read.text(names, "ordId", ""), read.text(names, "clOrdId", "")
    records, key = call.engine.records, call.account.key
    if order_id:
        number = core_number(symbol, order_id)
        return None if number is None else records.by_id(key, symbol, number)
    if not client_id:
        raise OkxError(51003, "Either client order ID or order ID is required.", 400)
    found = records.by_client_id(key, symbol, client_id)
    # Under that name it waited apart; the order that it became has none.
    return None if found and was_waiting(call.engine, found) else found


def still_kept(order: Order, now: int) -> bool:
    """What ended without any part filled is forgotten after two hours, as at the real venue."""
    return order.is_open or bool(order.executed) or order.updated > now - UNFILLED_KEPT


def instrument_is_asked_for(call: Call, symbol: str) -> bool:
    one, wanted = in_core(call.engine, symbol), call.params
    if wanted.get("instType") and type_of(wanted["instType"]) != one.kind:
        return False
    family = wanted.get("uly") or wanted.get("instFamily")
    return wanted.get("instId") in (None, "", one.name) and family in (
        None,
        "",
        f"{one.base}-{one.quote}",
    )


def _ended(call: Call, kept: int) -> object:
    if not call.params.get("instType"):
        raise missing("instType")
    within, since = read.between(call.params), call.now - kept
    orders = [
        one
        for one in call.engine.records.list_orders(call.account.key)
        if not one.is_open
        and one.updated > since
        and within(one.created)
        and still_kept(one, call.now)
        and _is_asked_for(call, one)
    ]
    return _page(call, orders)


def _is_asked_for(call: Call, one: Order) -> bool:
    kinds, states = _words(call, "ordType"), _words(call, "state")
    return (
        instrument_is_asked_for(call, one.symbol)
        and (not kinds or order_type(one) in kinds)
        and (not states or state(one) in states)
    )


def _words(call: Call, name: str) -> set[str]:
    return {word for word in read.text(call.params, name, "").split(",") if word}


def _page(call: Call, orders: list[Order]) -> object:
    places = {
        wire_id(one.symbol, one.id): one.sequence
        for one in call.engine.records.list_orders(call.account.key)
    }
    shown = read.page(call.params, orders, lambda one: one.sequence, places.get)
    return [order_row(call.engine, one) for one in shown]


def _fills(call: Call, kept: int) -> object:
    within, since = read.between(call.params), call.now - kept
    mine = call.engine.records.list_fills(call.account.key)
    asked = _is_of_order(call.engine, call.params)
    numbered = [
        (number, fill)
        for number, fill in enumerate(mine)
        if fill.time > since
        and within(fill.time)
        and asked(fill)
        and instrument_is_asked_for(call, fill.symbol)
    ]
    shown = read.page(call.params, numbered, lambda row: row[0], bill_number)
    return [fill_row(call.engine, fill, number) for number, fill in shown]


def _is_of_order(engine: Engine, params: read.Params) -> Callable[[Fill], bool]:
    wanted = read.text(params, "ordId", "")
    return lambda fill: wanted in ("", wire_id(fill.symbol, fill.order_id))
