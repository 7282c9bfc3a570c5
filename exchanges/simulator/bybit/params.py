"""Read request parameters as Bybit does: numbers are strings, pages have a cursor."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from exchanges.simulator.accounts.accounts import Account
from exchanges.simulator.accounts.positions import PositionSide
from exchanges.simulator.bybit import unsupported
from exchanges.simulator.bybit.errors import BybitError, invalid_parameter, missing_parameter
from exchanges.simulator.bybit.symbols import Category
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import (
    NewOrder,
    OrderType,
    SelfTrade,
    Side,
    TimeInForce,
    is_reducing,
)
from exchanges.simulator.orders.triggers import Trigger, TriggerKind
from exchanges.simulator.transport.params import ParamReader, Params, read_flag

Row = TypeVar("Row")

SIDES: dict[str, Side] = {"Buy": "BUY", "Sell": "SELL"}
ORDER_TYPES: dict[str, OrderType] = {"Limit": "LIMIT", "Market": "MARKET"}
# The type and time in force of a limit order.
TIMES_IN_FORCE: dict[str, tuple[OrderType, TimeInForce]] = {
    "GTC": ("LIMIT", "GTC"),
    "IOC": ("LIMIT", "IOC"),
    "FOK": ("LIMIT", "FOK"),
    **dict.fromkeys(("PostOnly", "RPI"), ("LIMIT_MAKER", "GTC")),
}
POSITION_INDEXES: dict[str, PositionSide] = {"0": "BOTH", "1": "LONG", "2": "SHORT"}
SELF_TRADES: dict[str, SelfTrade] = {
    "None": "NONE",
    "CancelMaker": "EXPIRE_MAKER",
    "CancelTaker": "EXPIRE_TAKER",
    "CancelBoth": "EXPIRE_BOTH",
}
CONDITIONAL_FILTERS = ("StopOrder", "tpslOrder")
WEEK = 7 * 86_400_000


_reader = ParamReader(
    missing_parameter, invalid_parameter, invalid_parameter, re.compile(r"[a-zA-Z0-9_-]{1,36}")
)
read_text, read_decimal = _reader.read_text, _reader.read_decimal
read_integer, read_set = _reader.read_integer, _reader.read_set
read_choice, read_client_id = _reader.read_choice, _reader.read_client_id


def read_order(params: Params, account: Account, market: Market, category: Category) -> NewOrder:
    order_type = read_choice(params, "orderType", ORDER_TYPES)
    quantity, in_quote = read_decimal(params, "qty"), _is_in_quote(params, category, order_type)
    if not quantity:
        raise missing_parameter("qty")
    if order_type == "LIMIT" and not read_decimal(params, "price"):
        raise missing_parameter("price")
    limit_type, time_in_force = read_choice(params, "timeInForce", TIMES_IN_FORCE, "GTC")
    unsupported.refuse_parameters(params, unsupported.ORDERS)
    side, position_side = read_choice(params, "side", SIDES), read_position_side(params, account)
    return NewOrder(
        account=account.key,
        symbol=market.symbol.name,
        side=side,
        type=limit_type if order_type == "LIMIT" else order_type,
        client_id=read_client_id(params, "orderLinkId"),
        time_in_force=time_in_force if order_type == "LIMIT" else "GTC",
        quantity=ZERO if in_quote else quantity,
        quote_quantity=quantity if in_quote else ZERO,
        price=read_decimal(params, "price") if order_type == "LIMIT" else ZERO,
        self_trade=read_choice(params, "smpType", SELF_TRADES, "None"),
        trigger=_read_trigger(params, market, category),
        reserves=category == "spot" and params.get("orderFilter") != "StopOrder",
        # What closes a side is cut to it, like any reduce-only order here.
        reduce_only=category == "linear"
        and is_reducing(side, position_side, read_flag(params, "reduceOnly")),
        position_side=position_side,
    )


def read_position_side(params: Params, account: Account) -> PositionSide:
    """Return the position that an order changes: one, or with two sides the long or short one."""
    index = str(params.get("positionIdx") or 0)
    is_linear = params.get("category") == "linear"
    if index not in (("1", "2") if account.hedged and is_linear else ("0",)):
        raise BybitError(10001, "position idx not match position mode")
    return POSITION_INDEXES[index]


def _read_trigger(params: Params, market: Market, category: Category) -> Trigger | None:
    """Return the trigger, if there is one.

    A linear order says which way the price must go; spot derives it from the current price.
    """
    price = read_decimal(params, "triggerPrice")
    if not price:
        return None
    if category == "linear":
        direction = str(params.get("triggerDirection"))
        if direction not in ("1", "2"):
            raise invalid_parameter("triggerDirection")
        rises = direction == "1"
    elif params.get("orderFilter") in CONDITIONAL_FILTERS:
        rises = price >= market.price
    else:
        raise BybitError(170202, "Invalid orderFilter parameter.")
    buys = params.get("side") == "Buy"
    kind: TriggerKind = "STOP_LOSS" if rises == buys else "TAKE_PROFIT"
    # Without a trail `best` has no effect: it keeps the price at creation for lastPriceOnCreated.
    return Trigger(kind=kind, rises=rises, price=price, best=market.price)


def _is_in_quote(params: Params, category: Category, order_type: str) -> bool:
    """Return whether the quantity is in quote, as a spot market buy is without `marketUnit`."""
    if category != "spot" or order_type != "MARKET":
        return False
    unit = read_text(params, "marketUnit", "")
    return unit == "quoteCoin" or (not unit and params.get("side") == "Buy")


def cut_page(
    params: Params, rows: Sequence[Row], sequence_of: Callable[[Row], int], limits: tuple[int, int]
) -> tuple[list[Row], str]:
    """Return one page, newest first, and the cursor of the next one.

    `limits` are the default and the largest number of rows.
    """
    limit = min(max(read_integer(params, "limit") or limits[0], 1), limits[1])
    cursor = _read_cursor(params)
    older = [row for row in reversed(rows) if cursor is None or sequence_of(row) < cursor]
    page = older[:limit]
    if not page:
        return [], ""
    # Bybit's cursors are percent-encoded in the answer too, and clients send them back unchanged.
    return page, f"{sequence_of(page[0])}%3A{sequence_of(page[-1])}"


def _read_cursor(params: Params) -> int | None:
    cursor = read_text(params, "cursor", "")
    if not cursor:
        return None
    sequence = cursor.rpartition(":")[2]
    if not sequence.isdigit():
        raise invalid_parameter("cursor")
    return int(sequence)


def time_filter(params: Params, now: int) -> Callable[[int], bool]:
    """Return a test of whether a time is in the requested period, by default the last week."""
    start, end = read_integer(params, "startTime"), read_integer(params, "endTime")
    if end is None:
        end = now if start is None else start + WEEK
    if start is None:
        start = end - WEEK
    if end - start > WEEK:
        raise BybitError(10001, "The time range between startTime and endTime cannot exceed 7 days")
    return lambda time: start <= time <= end
