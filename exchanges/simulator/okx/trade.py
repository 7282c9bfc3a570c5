"""Endpoints that place, cancel and amend orders, one by one or in batches."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from exchanges.simulator.engine import margin
from exchanges.simulator.engine.matching import WouldTake
from exchanges.simulator.okx.errors import OkxError, OrderRefused, order_refusal
from exchanges.simulator.okx.gateway import BatchResult, Call
from exchanges.simulator.okx.lookup import find_order
from exchanges.simulator.okx.params import read_decimal, read_order, read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import Instrument, find_instrument, wire_id
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.refusals import OrderRefusal, translate_refusals
from exchanges.simulator.transport.params import wire_client_id

MAX_BATCH_SIZE = 20
OrderRequest = Mapping[str, Any]
Action = Callable[[Call, OrderRequest], Json]


def place_order(call: Call) -> BatchResult:
    return BatchResult([run_request(call, call.params, _place_request, _sent_ids)])


def place_orders(call: Call) -> BatchResult:
    return _run_batch(call, _place_request)


def cancel_order(call: Call) -> BatchResult:
    return BatchResult([run_request(call, call.params, _cancel_request, _sent_ids)])


def cancel_orders(call: Call) -> BatchResult:
    return _run_batch(call, _cancel_request)


def amend_order(call: Call) -> BatchResult:
    return BatchResult([run_request(call, call.params, _amend_request, _sent_ids)])


def amend_orders(call: Call) -> BatchResult:
    return _run_batch(call, _amend_request)


def run_request(
    call: Call, request: OrderRequest, action: Action, sent_ids: Callable[[OrderRequest], Json]
) -> Json:
    """Return the row of one order request: its result, or why it was refused."""
    stamp = {"ts": str(call.now)}
    try:
        return {**action(call, request), **stamp, "sCode": "0", "sMsg": ""}
    except OrderRefused as refusal:
        return {**sent_ids(request), **stamp, "sCode": str(refusal.code), "sMsg": refusal.message}


def _sent_ids(request: OrderRequest) -> Json:
    names = ("ordId", "clOrdId", "tag")
    return {name: str(request.get(name) or "") for name in names}


def _run_batch(call: Call, action: Action) -> BatchResult:
    if len(call.orders) > MAX_BATCH_SIZE:
        raise OkxError(51111, f"Maximum {MAX_BATCH_SIZE} orders can be placed in bulk.", 400)
    return BatchResult([run_request(call, request, action, _sent_ids) for request in call.orders])


def _place_request(call: Call, request: OrderRequest) -> Json:
    instrument = read_instrument(call, request)
    new_order = read_order(request, call.account, instrument)
    if call.engine.records.by_client_id(new_order.account, new_order.symbol, new_order.client_id):
        raise order_refusal("DuplicateClientId")
    set_margin_mode(call, request, instrument)
    venue = call.venue
    with translate_refusals(partial(build_refusal, instrument, new_order)):
        try:
            order = venue.place_order(new_order)
        except WouldTake:
            # OKX accepts a post-only order that would take, and cancels it at once.
            order = venue.accept_and_cancel(new_order)
    return {**_order_ids(order), "tag": str(request.get("tag") or "")}


def _cancel_request(call: Call, request: OrderRequest) -> Json:
    order = find_order(call, request)
    if order is None or not order.is_open:
        raise order_refusal("absent")
    call.venue.cancel_order(order)
    return _order_ids(order)


def _amend_request(call: Call, request: OrderRequest) -> Json:
    order = find_order(call, request)
    if order is None or not order.is_open:
        raise order_refusal("unchangeable")
    instrument = read_instrument(call, request)
    price = read_decimal(request, "newPx") or None
    quantity = instrument.to_coins(read_decimal(request, "newSz")) or None
    if not (price or quantity):
        raise order_refusal("newSz")
    with translate_refusals(partial(build_refusal, instrument, order)):
        call.venue.amend_order(order, price=price, quantity=quantity)
    return {**_order_ids(order), "reqId": str(request.get("reqId") or "")}


def read_instrument(call: Call, request: OrderRequest) -> Instrument:
    try:
        return find_instrument(call.engine, read_text(request, "instId"))
    except OkxError as error:
        raise OrderRefused(error.code, error.message) from error


def set_margin_mode(call: Call, request: OrderRequest, instrument: Instrument) -> None:
    """Set the margin mode that a swap order asks for; at OKX each order names it."""
    if instrument.kind == "SPOT":
        return
    contract = margin.get_contract(call.engine, instrument.symbol)
    isolated = request.get("tdMode") == "isolated"
    try:
        call.venue.set_isolated(call.account, contract, isolated)
    except margin.MarginModeUnchanged:
        return
    except margin.MarginModeRefused as error:
        raise order_refusal("margin mode") from error


def _order_ids(order: Order) -> Json:
    return {"ordId": wire_id(order.symbol, order.id), "clOrdId": wire_client_id(order.client_id)}


def build_refusal(
    instrument: Instrument, order: NewOrder | Order, refusal: OrderRefusal
) -> OrderRefused:
    """Return OKX's error: which side of a trigger, and whether a size is small, large or off."""
    rule, symbol = refusal.rule, instrument.market.symbol
    if rule == "InsufficientBalance":
        name = "margin" if instrument.kind == "SWAP" else "balance"
        return order_refusal(name, asset=str(refusal))
    if rule == "WouldTrigger":
        return order_refusal(str(refusal))
    if rule == "LOT_SIZE" and order.quantity % symbol.step:
        return order_refusal("STEP_SIZE")
    is_too_large = rule == "LOT_SIZE" and order.quantity > symbol.max_quantity
    return order_refusal("MAX_SIZE" if is_too_large else rule)
