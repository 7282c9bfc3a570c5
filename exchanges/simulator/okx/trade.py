"""OKX's order endpoints that change something: place, cancel, amend, one by one or in batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.engine.margin import (
    MarginModeRefused,
    MarginModeUnchanged,
    ReduceOnlyRefused,
    get_contract,
)
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake
from exchanges.simulator.engine.resting_orders import OrderEnded
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.okx import params as read
from exchanges.simulator.okx.errors import OkxError, Refused, refusal
from exchanges.simulator.okx.gateway import Call, Outcome
from exchanges.simulator.okx.lookup import the_order
from exchanges.simulator.okx.rows import Json
from exchanges.simulator.okx.symbols import Instrument, instrument, wire_id
from exchanges.simulator.orders.orders import NewOrder, Order

MOST_IN_BATCH = 20
Wish = Mapping[str, Any]
Act = Callable[[Call, Wish], Json]


def place(call: Call) -> Outcome:
    return Outcome([attempt(call, call.params, _place, _names_of)])


def place_batch(call: Call) -> Outcome:
    return _batch(call, _place)


def cancel(call: Call) -> Outcome:
    return Outcome([attempt(call, call.params, _cancel, _names_of)])


def cancel_batch(call: Call) -> Outcome:
    return _batch(call, _cancel)


def amend(call: Call) -> Outcome:
    return Outcome([attempt(call, call.params, _amend, _names_of)])


def amend_batch(call: Call) -> Outcome:
    return _batch(call, _amend)


def attempt(call: Call, wish: Wish, act: Act, names: Callable[[Wish], Json]) -> Json:
    """One row of an answer: what was done, or why not."""
    stamp = {"ts": str(call.now)}
    try:
        return {**act(call, wish), **stamp, "sCode": "0", "sMsg": ""}
    except Refused as refused:
        return {**names(wish), **stamp, "sCode": refused.code, "sMsg": refused.message}


def _names_of(wish: Wish) -> Json:
    names = ("ordId", "clOrdId", "tag")
    return {name: str(wish.get(name) or "") for name in names}


def _batch(call: Call, act: Act) -> Outcome:
    if len(call.wishes) > MOST_IN_BATCH:
        raise OkxError(51111, f"Maximum {MOST_IN_BATCH} orders can be placed in bulk.", 400)
    return Outcome([attempt(call, wish, act, _names_of) for wish in call.wishes])


def _place(call: Call, wish: Wish) -> Json:
    one = instrument_of(call, wish)
    new = read.new_order(wish, call.account, one)
    if call.engine.records.by_client_id(new.account, new.symbol, new.client_id):
        raise refusal("duplicate")
    prepare(call, wish, one)
    venue = call.simulation.venue
    with refusals(one, new):
        try:
            order = venue.place_order(new)
        except WouldTake:
            order = venue.accept_and_cancel(new)  # accepted, and cancelled at once
    return {**_named(order), "tag": str(wish.get("tag") or "")}


def _cancel(call: Call, wish: Wish) -> Json:
    order = the_order(call, wish)
    if order is None or not order.is_open:
        raise refusal("absent")
    call.simulation.venue.cancel_order(order)
    return _named(order)


def _amend(call: Call, wish: Wish) -> Json:
    order = the_order(call, wish)
    if order is None or not order.is_open:
        raise refusal("unchangeable")
    one = instrument_of(call, wish)
    price = read.number(wish, "newPx") or None
    quantity = one.coins(read.number(wish, "newSz")) or None
    if not (price or quantity):
        raise refusal("newSz")
    with refusals(one, order):
        call.simulation.venue.amend_order(order, price=price, quantity=quantity)
    return {**_named(order), "reqId": str(wish.get("reqId") or "")}


def instrument_of(call: Call, wish: Wish) -> Instrument:
    try:
        return instrument(call.engine, read.text(wish, "instId"))
    except OkxError as error:
        raise Refused(int(error.code), error.message) from error


def prepare(call: Call, wish: Wish, one: Instrument) -> None:
    """Each order for a contract says on which kind of margin it wants to stand."""
    if one.kind == "SPOT":
        return
    contract, isolated = get_contract(call.engine, one.symbol), wish.get("tdMode") == "isolated"
    try:
        call.simulation.venue.set_isolated(call.account, contract, isolated)
    except MarginModeUnchanged:
        return
    except MarginModeRefused as failure:
        raise refusal("margin mode") from failure


def _named(order: Order) -> Json:
    return {
        "ordId": wire_id(order.symbol, order.id),
        "clOrdId": read.shown_client_id(order.client_id),
    }


@contextmanager
def refusals(one: Instrument, new: NewOrder | Order) -> Iterator[None]:
    """The core's refusals, in OKX's words."""
    try:
        yield
    except FilterFailure as failure:
        raise refusal(_limit_broken(str(failure), one, new)) from failure
    except InsufficientBalance as failure:
        name = "margin" if one.kind == "SWAP" else "balance"
        raise refusal(name, asset=str(failure)) from failure
    except DuplicateClientId as failure:
        raise refusal("duplicate") from failure
    except ReduceOnlyRefused as failure:
        raise refusal("REDUCE_ONLY") from failure
    except OrderEnded as failure:
        raise refusal("unchangeable") from failure


def _limit_broken(name: str, one: Instrument, new: NewOrder | Order) -> str:
    """A size can be too small, too large, or have too many decimals."""
    symbol = one.market.symbol
    if name != "LOT_SIZE" or not new.quantity:
        return name
    if new.quantity % symbol.step:
        return "STEP_SIZE"
    return "MAX_SIZE" if new.quantity > symbol.max_quantity else name
