"""Endpoints that place, cancel and amend orders, one by one or in batches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from exchanges.simulator.engine import margin
from exchanges.simulator.okx import unsupported
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
ID_FIELDS = ("ordId", "clOrdId", "tag")
OrderRequest = Mapping[str, Any]
Action = Callable[[Call, OrderRequest], Json]
OrderHandler = Callable[[Call], BatchResult]


def run_requests(
    call: Call, requests: Iterable[OrderRequest], action: Action, id_fields: Sequence[str]
) -> BatchResult:
    """Return a row for each order request: its result, or its ids and why it was refused."""
    rows: list[Json] = []
    stamp = {"ts": str(call.now)}
    for request in requests:
        try:
            rows.append({**action(call, request), **stamp, "sCode": "0", "sMsg": ""})
        except OrderRefused as refusal:
            ids = {name: str(request.get(name) or "") for name in id_fields}
            code, message = str(refusal.code), refusal.message
            rows.append({**ids, **stamp, "sCode": code, "sMsg": message})
    return BatchResult(rows)


def run_first(action: Action, id_fields: Sequence[str] = ID_FIELDS) -> OrderHandler:
    return lambda call: run_requests(call, [call.params], action, id_fields)


def _run_batch(action: Action) -> OrderHandler:
    def run_all(call: Call) -> BatchResult:
        if len(call.orders) > MAX_BATCH_SIZE:
            raise OkxError(51111, f"Maximum {MAX_BATCH_SIZE} orders can be placed in bulk.", 400)
        return run_requests(call, call.orders, action, ID_FIELDS)

    return run_all


def _place_request(call: Call, request: OrderRequest) -> Json:
    unsupported.refuse_parameters(request, unsupported.ORDERS)
    instrument = read_instrument(call, request)
    new_order = read_order(request, call.account, instrument)
    if call.engine.records.by_client_id(new_order.account, new_order.symbol, new_order.client_id):
        raise order_refusal("DuplicateClientId")
    set_margin_mode(call, request, instrument)
    with translate_refusals(partial(build_refusal, instrument, new_order)):
        order = call.venue.place_or_cancel(new_order)
    return {**_order_ids(order), "tag": str(request.get("tag") or "")}


def _cancel_request(call: Call, request: OrderRequest) -> Json:
    order = _find_open_order(call, request, "absent")
    call.venue.cancel_order(order)
    return _order_ids(order)


def _find_open_order(call: Call, request: OrderRequest, refusal: str) -> Order:
    order = find_order(call, request)
    if order is None or not order.is_open:
        raise order_refusal(refusal)
    return order


def _amend_request(call: Call, request: OrderRequest) -> Json:
    unsupported.refuse_parameters(request, unsupported.AMENDMENTS)
    order = _find_open_order(call, request, "unchangeable")
    instrument = read_instrument(call, request)
    price = read_decimal(request, "newPx") or None
    quantity = instrument.to_coins(read_decimal(request, "newSz")) or None
    if not (price or quantity):
        raise order_refusal("newSz")
    with translate_refusals(partial(build_refusal, instrument, order)):
        call.venue.amend_order(order, price=price, quantity=quantity)
    return {**_order_ids(order), "reqId": str(request.get("reqId") or "")}


place_order, place_orders = run_first(_place_request), _run_batch(_place_request)
cancel_order, cancel_orders = run_first(_cancel_request), _run_batch(_cancel_request)
amend_order, amend_orders = run_first(_amend_request), _run_batch(_amend_request)


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
