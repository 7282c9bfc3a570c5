"""Endpoints that place, cancel and amend orders, one by one or in batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.engine import margin
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.okx.errors import OkxError, OrderRefused, order_refusal
from exchanges.simulator.okx.gateway import BatchResult, Call
from exchanges.simulator.okx.lookup import find_order
from exchanges.simulator.okx.params import read_decimal, read_order, read_text
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import Instrument, find_instrument, wire_id
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.transport.params import wire_client_id

MAX_BATCH_SIZE = 20
REJECTIONS: dict[type[Exception], str] = {
    DuplicateClientId: "duplicate",
    margin.ReduceOnlyRefused: "REDUCE_ONLY",
    OrderEnded: "unchangeable",
}
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
        return {**sent_ids(request), **stamp, "sCode": refusal.code, "sMsg": refusal.message}


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
        raise order_refusal("duplicate")
    set_margin_mode(call, request, instrument)
    venue = call.venue
    with translate_refusals(instrument, new_order):
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
    with translate_refusals(instrument, order):
        call.venue.amend_order(order, price=price, quantity=quantity)
    return {**_order_ids(order), "reqId": str(request.get("reqId") or "")}


def read_instrument(call: Call, request: OrderRequest) -> Instrument:
    try:
        return find_instrument(call.engine, read_text(request, "instId"))
    except OkxError as error:
        raise OrderRefused(int(error.code), error.message) from error


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


@contextmanager
def translate_refusals(instrument: Instrument, new_order: NewOrder | Order) -> Iterator[None]:
    """Raise the engine's refusals as OKX's errors."""
    try:
        yield
    except FilterFailure as error:
        raise order_refusal(_broken_filter(str(error), instrument, new_order)) from error
    except InsufficientBalance as error:
        name = "margin" if instrument.kind == "SWAP" else "balance"
        raise order_refusal(name, asset=str(error)) from error
    except tuple(REJECTIONS) as error:
        raise order_refusal(REJECTIONS[type(error)]) from error


def _broken_filter(filter_name: str, instrument: Instrument, new_order: NewOrder | Order) -> str:
    """Return which rule a size breaks: too small, too large, or off the step."""
    symbol = instrument.market.symbol
    if filter_name != "LOT_SIZE" or not new_order.quantity:
        return filter_name
    if new_order.quantity % symbol.step:
        return "STEP_SIZE"
    return "MAX_SIZE" if new_order.quantity > symbol.max_quantity else filter_name
