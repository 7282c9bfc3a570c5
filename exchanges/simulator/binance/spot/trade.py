"""Binance spot's signed order endpoints: place, cancel, ask."""

from collections.abc import Iterator
from contextlib import contextmanager

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.binance import params as read
from exchanges.simulator.binance.errors import (
    ARCHIVED,
    CANCEL_REJECTED,
    DUPLICATE_ORDER,
    INSUFFICIENT_BALANCE,
    UNKNOWN_ORDER,
    WOULD_TAKE,
    WOULD_TRIGGER,
    BinanceError,
    filter_failure,
    rejected,
)
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.spot.market import MAX_WAITING
from exchanges.simulator.binance.spot.rows import cancelled, order_row, placed, trade_row
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import WouldTrigger
from exchanges.simulator.rate_limits.weight_limiter import DAY

KEPT_UNFILLED = 90 * DAY


def place(call: Call) -> object:
    new = _new_order(call)
    response = read.response_type(call.params)
    _count(call)
    venue = call.simulation.venue
    with refusals():
        order = venue.place_order(new)
    return placed(order, venue.engine.records.list_order_fills(order), response)


def place_test(call: Call) -> object:
    new = _new_order(call)
    with refusals():
        call.simulation.venue.check_order(new)
    return {}


def query(call: Call) -> object:
    order = _find(call, UNKNOWN_ORDER)
    if _archived(order, call.now):
        raise BinanceError(*ARCHIVED)
    return order_row(order)


def cancel(call: Call) -> object:
    order = _find(call, CANCEL_REJECTED)
    if not order.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    return _cancel(call, order)


def cancel_all(call: Call) -> object:
    symbol = _symbol(call)
    orders = call.simulation.venue.engine.records.list_open_orders(call.account.key, symbol)
    if not orders:
        raise BinanceError(*CANCEL_REJECTED)
    return [_cancel(call, order) for order in orders]


def open_orders(call: Call) -> object:
    symbol = _symbol(call) if call.params.get("symbol") else None
    engine = call.simulation.venue.engine
    found = engine.records.list_open_orders(call.account.key, symbol)
    return [order_row(order) for order in found if order.symbol in engine.spot]


def all_orders(call: Call) -> object:
    records = call.simulation.venue.engine.records
    orders = records.list_orders(call.account.key, _symbol(call))
    orders = [order for order in orders if not _archived(order, call.now)]
    first = read.whole(call.params, "orderId")
    if first is not None:
        orders = [order for order in orders if order.id >= first]
    timed = read.between(orders, [order.created for order in orders], call.params)
    return [order_row(order) for order in read.page(timed, call.params, first)]


def my_trades(call: Call) -> object:
    records = call.simulation.venue.engine.records
    fills = records.list_fills(call.account.key, _symbol(call))
    order_id, first = read.whole(call.params, "orderId"), read.whole(call.params, "fromId")
    if order_id is not None:
        fills = [fill for fill in fills if fill.order_id == order_id]
    if first is not None:
        fills = [fill for fill in fills if fill.id >= first]
    timed = read.between(fills, [fill.time for fill in fills], call.params)
    return [trade_row(fill) for fill in read.page(timed, call.params, first)]


def _archived(order: Order, now: int) -> bool:
    """Whoever ended unfilled so long ago is not kept at hand any more."""
    return not order.is_open and not order.executed and order.updated < now - KEPT_UNFILLED


def _symbol(call: Call) -> str:
    return read.market(call.params, call.simulation.venue.engine.spot).symbol.name


def _new_order(call: Call) -> NewOrder:
    new = read.new_order(call.params, call.account.key, _symbol(call))
    if new.trigger:
        standing = call.simulation.venue.engine.records.list_open_orders(new.account, new.symbol)
        if sum(order.is_waiting for order in standing) >= MAX_WAITING:
            raise filter_failure("MAX_NUM_ALGO_ORDERS")
    return new


def _count(call: Call) -> None:
    limiter = call.simulation.limiter
    if not limiter.count_order(call.account.key, call.now):
        most = limiter.limits.orders_per_10s
        text = f"Too many new orders; current limit is {most} orders per 10 SECOND."
        raise BinanceError(-1015, text, 429, retry_after=10)


@contextmanager
def refusals() -> Iterator[None]:
    """The venue's refusals, in Binance's words."""
    try:
        yield
    except FilterFailure as failure:
        raise filter_failure(str(failure)) from failure
    except InsufficientBalance as refusal:
        raise rejected(INSUFFICIENT_BALANCE) from refusal
    except DuplicateClientId as refusal:
        raise rejected(DUPLICATE_ORDER) from refusal
    except WouldTake as refusal:
        raise rejected(WOULD_TAKE) from refusal
    except WouldTrigger as refusal:
        raise rejected(WOULD_TRIGGER) from refusal


def _find(call: Call, absent: tuple[int, str, int]) -> Order:
    records = call.simulation.venue.engine.records
    symbol, key = _symbol(call), call.account.key
    order_id, name = read.whole(call.params, "orderId"), call.params.get("origClientOrderId")
    if order_id is None and not name:
        text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        raise BinanceError(-1102, text)
    if order_id is not None:
        found = records.by_id(key, symbol, order_id)
    else:
        found = records.by_client_id(key, symbol, name or "")
    if found is None or (name and found.client_id != name):
        raise BinanceError(*absent)
    return found


def _cancel(call: Call, order: Order) -> Json:
    cancel_id = read.client_id(call.params)
    call.simulation.venue.cancel_order(order, cancel_id)
    return cancelled(order, cancel_id)
