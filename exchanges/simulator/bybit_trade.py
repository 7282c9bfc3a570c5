"""Bybit's order endpoints that change something: create, cancel, cancel all, in batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from exchanges.simulator import bybit_params as read
from exchanges.simulator.accounts import InsufficientBalance
from exchanges.simulator.bybit_books import Category, book, wire_id
from exchanges.simulator.bybit_errors import BybitError, missing, refusal
from exchanges.simulator.bybit_finding import orders_of, the_order
from exchanges.simulator.bybit_gateway import Answer, Call
from exchanges.simulator.bybit_words import Json
from exchanges.simulator.filters import FilterFailure
from exchanges.simulator.market import Market
from exchanges.simulator.orders import NewOrder, Order
from exchanges.simulator.placing import DuplicateClientId, WouldTake

MOST_IN_BATCH = 20


def create(call: Call) -> Json:
    return names(_create(call), call.category)


def amend(call: Call) -> object:
    raise BybitError(10001, "This simulated venue does not amend orders")


def cancel(call: Call) -> Json:
    return names(_cancel(call), call.category)


def cancel_all(call: Call) -> object:
    category = call.category
    standing = [order for order in orders_of(call) if order.is_open]
    for order in standing:
        call.simulation.venue.cancel(order)
    return {"list": [names(order, category) for order in standing], "success": "1"}


def create_batch(call: Call) -> object:
    return _batch(call, create, ("symbol", "category"))


def cancel_batch(call: Call) -> object:
    return _batch(call, cancel, ("symbol", "category"))


def names(order: Order, category: Category) -> Json:
    """All that a create or a cancel is answered with."""
    return {
        "orderId": wire_id(category, order.symbol, order.id),
        "orderLinkId": read.shown_link_id(order.client_id),
    }


def _create(call: Call) -> Order:
    category = call.category
    market = book(call.engine, category, read.text(call.params, "symbol"))
    new = read.new_order(call.params, call.account.key, market, category)
    if call.engine.records.by_client_id(new.account, new.symbol, new.client_id):
        raise refusal(category, "duplicate")
    venue = call.simulation.venue
    with refusals(category, new, market):
        try:
            return venue.place(new)
        except WouldTake:
            return venue.turn_away(new)  # accepted, and cancelled at once


def _cancel(call: Call) -> Order:
    read.text(call.params, "symbol")
    if not call.params.get("orderId") and not call.params.get("orderLinkId"):
        raise missing("orderId or orderLinkId")
    order = the_order(call)
    if order is None or not order.is_open:
        raise refusal(call.category, "absent")
    call.simulation.venue.cancel(order)
    return order


@contextmanager
def refusals(category: Category, new: NewOrder, market: Market) -> Iterator[None]:
    """The venue's refusals, in Bybit's words."""
    try:
        yield
    except FilterFailure as failure:
        raise refusal(category, _limit_broken(str(failure), new, market)) from failure
    except InsufficientBalance as failure:
        raise refusal(category, "balance") from failure
    except DuplicateClientId as failure:
        raise refusal(category, "duplicate") from failure


def _limit_broken(name: str, new: NewOrder, market: Market) -> str:
    """A quantity can be too small, too large, or have too many decimals."""
    if name != "LOT_SIZE":
        return name
    if new.quantity % market.symbol.step:
        return "STEP_SIZE"
    return "MARKET_LOT_SIZE" if new.quantity > market.symbol.max_quantity else name


def _batch(call: Call, act: Callable[[Call], Json], kept: tuple[str, ...]) -> Answer:
    """Each is answered by itself: the names in the result, the codes in retExtInfo."""
    wishes = call.params.get("request")
    if not isinstance(wishes, list) or not 0 < len(wishes) <= MOST_IN_BATCH:
        raise BybitError(10001, "params error: request invalid")
    done = [_one_of_batch(call, act, wish, kept) for wish in wishes]
    return Answer({"list": [row for row, _ in done]}, {"list": [told for _, told in done]})


def _one_of_batch(
    call: Call, act: Callable[[Call], Json], wish: Mapping[str, Any], kept: tuple[str, ...]
) -> tuple[Json, Json]:
    params = {"category": call.category, **wish}
    row: Json = {name: params.get(name, "") for name in kept}
    try:
        made = act(replace(call, params=params))
    except BybitError as error:
        row |= {"orderId": "", "orderLinkId": str(wish.get("orderLinkId", "")), "createAt": ""}
        return row, {"code": error.code, "msg": error.message}
    return row | made | {"createAt": str(call.now)}, {"code": 0, "msg": "OK"}
