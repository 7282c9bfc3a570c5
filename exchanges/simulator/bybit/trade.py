"""Bybit's order endpoints that change something: create, cancel, cancel all, in batches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.bybit import params as read
from exchanges.simulator.bybit.errors import BybitError, missing, refusal
from exchanges.simulator.bybit.gateway import Answer, Call
from exchanges.simulator.bybit.lookup import orders_of, the_order
from exchanges.simulator.bybit.rows import Json, order_filter
from exchanges.simulator.bybit.symbols import Category, book, wire_id
from exchanges.simulator.engine.margin import ReduceOnlyRefused
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake
from exchanges.simulator.markets.filters import FilterFailure, check_filters
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import WouldTrigger

MOST_IN_BATCH = 20


def create(call: Call) -> Json:
    return names(_create(call), call.category)


def amend(call: Call) -> Json:
    return names(_amend(call), call.category)


def cancel(call: Call) -> Json:
    return names(_cancel(call), call.category)


def cancel_all(call: Call) -> object:
    category = call.category
    standing = [order for order in orders_of(call) if order.is_open and _is_meant(call, order)]
    for order in standing:
        call.simulation.venue.cancel_order(order)
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
            return venue.place_order(new)
        except WouldTake:
            return venue.accept_and_cancel(new)  # accepted, and cancelled at once


def _amend(call: Call) -> Order:
    """Another price, quantity or trigger price; both names stay."""
    order, category = _open_one(call), call.category
    price, quantity = read.number(call.params, "price"), read.number(call.params, "qty")
    trigger_price = read.number(call.params, "triggerPrice")
    if not (price or quantity or trigger_price):
        raise BybitError(10001, "The order remains unchanged as the parameters entered match")
    if quantity and quantity <= order.executed:
        raise BybitError(110064, "The number of contracts modified is too small")
    market, wish = call.engine.markets[order.symbol], _wish(order, price, quantity)
    with refusals(category, wish, market):
        check_filters(market.symbol, market.price, wish)
        call.simulation.venue.amend_order(
            order,
            price=price or None,
            quantity=quantity or None,
            trigger_price=trigger_price or None,
        )
    return order


def _wish(order: Order, price: Decimal, quantity: Decimal) -> NewOrder:
    return NewOrder(
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        client_id=order.client_id,
        quantity=quantity or order.quantity,
        price=price or order.price,
        trigger=order.trigger,
    )


def _cancel(call: Call) -> Order:
    order = _open_one(call)
    if not _is_meant(call, order):
        raise refusal(call.category, "absent")
    call.simulation.venue.cancel_order(order)
    return order


def _open_one(call: Call) -> Order:
    read.text(call.params, "symbol")
    if not call.params.get("orderId") and not call.params.get("orderLinkId"):
        raise missing("orderId or orderLinkId")
    order = the_order(call)
    if order is None or not order.is_open:
        raise refusal(call.category, "absent")
    return order


def _is_meant(call: Call, order: Order) -> bool:
    """On spot, what waits for a trigger is only meant if that is said."""
    wanted = call.params.get("orderFilter") or "Order"
    return call.category == "linear" or wanted == order_filter(order)


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
    except ReduceOnlyRefused as failure:
        raise refusal(category, "reduce") from failure
    except WouldTrigger as failure:
        raise _there_already(category, new, market) from failure


def _there_already(category: Category, new: NewOrder, market: Market) -> BybitError:
    trigger = new.trigger
    if category == "spot" or trigger is None:
        return BybitError(170210, "New order rejected.")
    code, word, sign = (110092, "Rising", "<=") if trigger.rises else (110093, "Falling", ">=")
    words = f"expect {word}, but trigger_price[{trigger.price}] {sign} current[{market.price}]"
    return BybitError(code, f"{words}??LastPrice")


def _limit_broken(name: str, new: NewOrder, market: Market) -> str:
    """A quantity can be too small, too large, or have too many decimals; a value too large too."""
    if (
        name == "NOTIONAL"
        and new.quantity * (new.price or market.price) > market.symbol.min_notional
    ):
        return "TOO_MUCH"
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
