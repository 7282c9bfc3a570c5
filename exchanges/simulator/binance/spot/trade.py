"""Binance spot's signed order endpoints: place, cancel, ask."""

from collections.abc import Iterator
from contextlib import contextmanager

from exchanges.simulator.accounts.accounts import InsufficientBalance
from exchanges.simulator.binance.errors import (
    CANCEL_REJECTED,
    DUPLICATE_ORDER,
    INSUFFICIENT_BALANCE,
    ORDER_ARCHIVED,
    UNKNOWN_ORDER,
    WOULD_TAKE,
    WOULD_TRIGGER,
    BinanceError,
    filter_failure,
    order_rejection,
)
from exchanges.simulator.binance.gateway import Call
from exchanges.simulator.binance.market_rows import Json
from exchanges.simulator.binance.params import (
    cut_page,
    filter_by_time,
    read_client_id,
    read_integer,
    read_market,
    read_order,
    read_response_type,
)
from exchanges.simulator.binance.spot.market import MAX_WAITING_ORDERS
from exchanges.simulator.binance.spot.rows import (
    cancelled_order_row,
    fill_row,
    new_order_row,
    order_row,
)
from exchanges.simulator.engine.matching import DuplicateClientId, WouldTake
from exchanges.simulator.markets.filters import FilterFailure
from exchanges.simulator.orders.orders import NewOrder, Order
from exchanges.simulator.orders.triggers import WouldTrigger
from exchanges.simulator.rate_limits.weight_limiter import DAY

UNFILLED_RETENTION = 90 * DAY


def place_order(call: Call) -> object:
    new = _read_new_order(call)
    response = read_response_type(call.params)
    _count_order(call)
    venue = call.simulation.venue
    with translate_refusals():
        order = venue.place_order(new)
    return new_order_row(order, venue.engine.records.list_order_fills(order), response)


def place_test_order(call: Call) -> object:
    new = _read_new_order(call)
    with translate_refusals():
        call.simulation.venue.check_order(new)
    return {}


def get_order(call: Call) -> object:
    order = find_order(call, UNKNOWN_ORDER)
    if _is_archived(order, call.now):
        raise BinanceError(*ORDER_ARCHIVED)
    return order_row(order)


def cancel_order(call: Call) -> object:
    order = find_order(call, CANCEL_REJECTED)
    if not order.is_open:
        raise BinanceError(*CANCEL_REJECTED)
    return _cancel_open_order(call, order)


def cancel_all_orders(call: Call) -> object:
    symbol = read_symbol(call)
    orders = call.simulation.venue.engine.records.list_open_orders(call.account.key, symbol)
    if not orders:
        raise BinanceError(*CANCEL_REJECTED)
    return [_cancel_open_order(call, order) for order in orders]


def get_open_orders(call: Call) -> object:
    symbol = read_symbol(call) if call.params.get("symbol") else None
    engine = call.simulation.venue.engine
    found = engine.records.list_open_orders(call.account.key, symbol)
    return [order_row(order) for order in found if order.symbol in engine.spot]


def get_order_history(call: Call) -> object:
    records = call.simulation.venue.engine.records
    orders = records.list_orders(call.account.key, read_symbol(call))
    orders = [order for order in orders if not _is_archived(order, call.now)]
    first = read_integer(call.params, "orderId")
    if first is not None:
        orders = [order for order in orders if order.id >= first]
    timed = filter_by_time(orders, [order.created for order in orders], call.params)
    return [order_row(order) for order in cut_page(timed, call.params, first)]


def get_fills(call: Call) -> object:
    records = call.simulation.venue.engine.records
    fills = records.list_fills(call.account.key, read_symbol(call))
    order_id, first = read_integer(call.params, "orderId"), read_integer(call.params, "fromId")
    if order_id is not None:
        fills = [fill for fill in fills if fill.order_id == order_id]
    if first is not None:
        fills = [fill for fill in fills if fill.id >= first]
    timed = filter_by_time(fills, [fill.time for fill in fills], call.params)
    return [fill_row(fill) for fill in cut_page(timed, call.params, first)]


def _is_archived(order: Order, now: int) -> bool:
    """Whoever ended unfilled so long ago is not kept at hand any more."""
    return not order.is_open and not order.executed and order.updated < now - UNFILLED_RETENTION


def read_symbol(call: Call) -> str:
    return read_market(call.params, call.simulation.venue.engine.spot).symbol.name


def _read_new_order(call: Call) -> NewOrder:
    new = read_order(call.params, call.account.key, read_symbol(call))
    if new.trigger:
        standing = call.simulation.venue.engine.records.list_open_orders(new.account, new.symbol)
        if sum(order.is_waiting for order in standing) >= MAX_WAITING_ORDERS:
            raise filter_failure("MAX_NUM_ALGO_ORDERS")
    return new


def _count_order(call: Call) -> None:
    limiter = call.simulation.limiter
    if not limiter.count_order(call.account.key, call.now):
        most = limiter.limits.orders_per_10s
        text = f"Too many new orders; current limit is {most} orders per 10 SECOND."
        raise BinanceError(-1015, text, 429, retry_after=10)


@contextmanager
def translate_refusals() -> Iterator[None]:
    """The venue's refusals, in Binance's words."""
    try:
        yield
    except FilterFailure as failure:
        raise filter_failure(str(failure)) from failure
    except InsufficientBalance as refusal:
        raise order_rejection(INSUFFICIENT_BALANCE) from refusal
    except DuplicateClientId as refusal:
        raise order_rejection(DUPLICATE_ORDER) from refusal
    except WouldTake as refusal:
        raise order_rejection(WOULD_TAKE) from refusal
    except WouldTrigger as refusal:
        raise order_rejection(WOULD_TRIGGER) from refusal


def find_order(call: Call, absent: tuple[int, str, int]) -> Order:
    records = call.simulation.venue.engine.records
    symbol, key = read_symbol(call), call.account.key
    order_id, name = read_integer(call.params, "orderId"), call.params.get("origClientOrderId")
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


def _cancel_open_order(call: Call, order: Order) -> Json:
    cancel_id = read_client_id(call.params)
    call.simulation.venue.cancel_order(order, cancel_id)
    return cancelled_order_row(order, cancel_id)
