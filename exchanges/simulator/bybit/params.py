"""Request parameters, read as Bybit reads them: numbers are strings, and pages have a cursor."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any, TypeVar, cast

from exchanges.simulator.bybit.errors import BybitError, missing, wrong
from exchanges.simulator.bybit.symbols import Category
from exchanges.simulator.decimals import ZERO
from exchanges.simulator.markets.market import Market
from exchanges.simulator.orders.orders import NewOrder, OrderType, Side, TimeInForce
from exchanges.simulator.orders.triggers import Trigger, TriggerKind

Params = Mapping[str, Any]
Row = TypeVar("Row")

LINK_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}")
NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
CONDITIONAL_FILTERS = ("StopOrder", "tpslOrder")
NAMELESS = "~"  # stands before the core's name of an order that its owner gave none
WEEK = 7 * 86_400_000


def text(params: Params, name: str, default: str | None = None) -> str:
    value = params.get(name)
    if value is None or value == "":
        if default is None:
            raise missing(name)
        return default
    return str(value)


def number(params: Params, name: str) -> Decimal:
    """A positive decimal, or zero if it was not sent."""
    value = text(params, name, "0")
    if not NUMBER.fullmatch(value):
        raise wrong(name)
    return Decimal(value)


def whole(params: Params, name: str) -> int | None:
    value = text(params, name, "")
    if value and not value.isdigit():
        raise wrong(name)
    return int(value) if value else None


def flag(params: Params, name: str) -> bool:
    return params.get(name) in (True, "true")


def link_id(params: Params) -> str:
    value = text(params, "orderLinkId", "")
    if value and not LINK_ID.fullmatch(value):
        raise wrong("orderLinkId")
    return value or NAMELESS + token_hex(8)


def shown_link_id(client_id: str) -> str:
    return "" if client_id.startswith(NAMELESS) else client_id


def new_order(params: Params, account: str, market: Market, category: Category) -> NewOrder:
    kind = _one_of(params, "orderType", ("Limit", "Market"))
    quantity, in_quote = number(params, "qty"), _is_in_quote(params, category, kind)
    if not quantity:
        raise missing("qty")
    if kind == "Limit" and not number(params, "price"):
        raise missing("price")
    in_force = text(params, "timeInForce", "GTC")
    if in_force not in ("GTC", "IOC", "FOK", "PostOnly", "RPI"):
        raise wrong("timeInForce")
    post_only = kind == "Limit" and in_force in ("PostOnly", "RPI")
    _refuse_what_is_not_here(params)
    return NewOrder(
        account=account,
        symbol=market.symbol.name,
        side=cast("Side", _one_of(params, "side", ("Buy", "Sell")).upper()),
        type=cast("OrderType", "LIMIT_MAKER" if post_only else kind.upper()),
        client_id=link_id(params),
        time_in_force=cast("TimeInForce", "GTC" if post_only or kind == "Market" else in_force),
        quantity=ZERO if in_quote else quantity,
        quote_quantity=quantity if in_quote else ZERO,
        price=number(params, "price") if kind == "Limit" else ZERO,
        self_trade="NONE",
        trigger=_trigger(params, market, category),
        reserves=category == "spot" and params.get("orderFilter") != "StopOrder",
        reduce_only=category == "linear" and flag(params, "reduceOnly"),
    )


def _trigger(params: Params, market: Market, category: Category) -> Trigger | None:
    """Linear is told which way the price must go; spot sees it from where the price is."""
    price = number(params, "triggerPrice")
    if not price:
        return None
    if category == "linear":
        direction = str(params.get("triggerDirection"))
        if direction not in ("1", "2"):
            raise wrong("triggerDirection")
        rises = direction == "1"
    elif params.get("orderFilter") in CONDITIONAL_FILTERS:
        rises = price >= market.price
    else:
        raise BybitError(170202, "Invalid orderFilter parameter.")
    buys = params.get("side") == "Buy"
    kind: TriggerKind = "STOP_LOSS" if rises == buys else "TAKE_PROFIT"
    # Without a trail `best` moves nothing: it keeps the price at which the order was made.
    return Trigger(kind=kind, rises=rises, price=price, best=market.price)


def _refuse_what_is_not_here(params: Params) -> None:
    if str(params.get("positionIdx") or 0) != "0":
        raise BybitError(10001, "position idx not match position mode")
    for name in ("takeProfit", "stopLoss"):
        if params.get(name) not in (None, "", "0"):
            raise BybitError(10001, f"This simulated venue has no {name} within an order")


def _is_in_quote(params: Params, category: Category, kind: str) -> bool:
    """A spot market buy counts in quote unless told otherwise."""
    if category != "spot" or kind != "Market":
        return False
    unit = text(params, "marketUnit", "")
    return unit == "quoteCoin" or (not unit and params.get("side") == "Buy")


def page(
    params: Params, rows: Sequence[Row], place: Callable[[Row], int], *, usual: int, most: int
) -> tuple[list[Row], str]:
    """The newest rows first, and the cursor of the next page; `place` is a row's own number."""
    limit = min(max(whole(params, "limit") or usual, 1), most)
    after = _after(params)
    rest = [row for row in reversed(rows) if after is None or place(row) < after]
    shown = rest[:limit]
    if not shown:
        return [], ""
    # Real cursors are percent-encoded in the answer too, and sent back as they are.
    return shown, f"{place(shown[0])}%3A{place(shown[-1])}"


def _after(params: Params) -> int | None:
    cursor = text(params, "cursor", "")
    if not cursor:
        return None
    last = cursor.rpartition(":")[2]
    if not last.isdigit():
        raise wrong("cursor")
    return int(last)


def between(params: Params, now: int) -> Callable[[int], bool]:
    """Whether a moment is in the asked time, at most a week; unasked, the latest week."""
    start, end = whole(params, "startTime"), whole(params, "endTime")
    if end is None:
        end = now if start is None else start + WEEK
    if start is None:
        start = end - WEEK
    if end - start > WEEK:
        raise BybitError(10001, "The time range between startTime and endTime cannot exceed 7 days")
    return lambda time: start <= time <= end


def _one_of(params: Params, name: str, allowed: tuple[str, ...]) -> str:
    value = text(params, name)
    if value not in allowed:
        raise BybitError(10001, f"params error: {name} invalid")
    return value
