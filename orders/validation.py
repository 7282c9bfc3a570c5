"""Checks on a requested order: the fields of its type, and the steps and limits of its symbol.

Both are checked here because a refusal by the venue costs a request and says less.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from exchanges import venues
from exchanges.models import PositionMode, Symbol
from exchanges.venues import MarketKind
from orders.lifecycle.states import EXACT
from orders.models import OrderType, TimeInForce
from realtime.values import format_money

if TYPE_CHECKING:
    from orders.placement import PlacementRequest

TYPE_LABELS: Final = {
    OrderType.LIMIT: "A limit order",
    OrderType.MARKET: "A market order",
    OrderType.STOP_LOSS: "A stop loss",
    OrderType.TAKE_PROFIT: "A take profit",
    OrderType.TRAILING_STOP: "A trailing stop",
}
# For each type: what it needs, and what it may have besides.
FIELDS_OF_TYPE: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    OrderType.LIMIT: (frozenset({"price"}), frozenset()),
    OrderType.MARKET: (frozenset(), frozenset()),
    OrderType.STOP_LOSS: (frozenset({"trigger_price"}), frozenset({"price"})),
    OrderType.TAKE_PROFIT: (frozenset({"trigger_price"}), frozenset({"price"})),
    OrderType.TRAILING_STOP: (frozenset({"trailing_percent"}), frozenset()),
}
PRICE_LABELS: Final = {
    "price": "price",
    "trigger_price": "trigger price",
    "trailing_percent": "trailing distance",
}
MIN_PERCENT, MAX_PERCENT = Decimal("0.1"), Decimal(10)  # what all venues with such orders take
ENLARGING: Final = frozenset({("buy", "long"), ("sell", "short")})
MAX_LEVERAGE: Final = 125
TOO_LARGE: Final = Decimal(10) ** 20  # for the column that it is written to


def find_field_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    """Yield each error as (field, message)."""
    yield from _find_amount_errors(request)
    yield from _find_price_errors(request)
    yield from _find_time_in_force_errors(request)
    yield from _find_trailing_errors(request)
    yield from _find_futures_errors(request)
    yield from _find_side_errors(request)


def _find_amount_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.quote_amount is None:
        if not request.quantity:
            yield "quantity", "Give an amount, or for a market order what it shall spend."
        return
    if request.quantity:
        yield "quote_amount", "Give the amount or what it shall spend, not both."
    if request.type != OrderType.MARKET:
        yield "quote_amount", "Only a market order is sized by what it spends."
    venue = venues.get(request.key.venue)
    if not venue.has_quote_orders(request.key.market):
        yield "quote_amount", f"{venue.label} {request.key.market} sizes no orders so."


def _find_price_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    required, optional = FIELDS_OF_TYPE[request.type]
    label = TYPE_LABELS[OrderType(request.type)]
    for name, price_label in PRICE_LABELS.items():
        is_given = getattr(request, name) is not None
        if name in required and not is_given:
            yield name, f"{label} needs a {price_label}."
        if is_given and name not in required | optional:
            yield name, f"{label} has no {price_label}."


def _find_time_in_force_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.time_in_force == TimeInForce.GTC:
        return
    if request.type == OrderType.MARKET:
        yield "time_in_force", "A market order is always carried out at once."
    elif request.price is None:
        message = "Without a price it is carried out at once when its trigger is reached."
        yield "time_in_force", message
    elif request.type != OrderType.LIMIT and request.time_in_force == TimeInForce.PO:
        yield "time_in_force", "Only a limit order can be post only."


def _find_trailing_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.type != OrderType.TRAILING_STOP:
        return
    venue, percent = venues.get(request.key.venue), request.trailing_percent
    if not venue.has_trailing_stops(request.key.market):
        yield "type", f"{venue.label} {request.key.market} has no trailing stops."
    if percent is not None and not MIN_PERCENT <= percent <= MAX_PERCENT:
        yield "trailing_percent", f"Between {MIN_PERCENT} and {MAX_PERCENT} per cent."


def _find_futures_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.key.market == MarketKind.FUTURES:
        if request.leverage is not None and not 1 <= request.leverage <= MAX_LEVERAGE:
            yield "leverage", f"Between 1 and {MAX_LEVERAGE}."
        if request.margin_mode and request.leverage is None:
            yield "margin_mode", "The margin mode is set together with the leverage."
        return
    for name in ("reduce_only", "position_side", "leverage", "margin_mode"):
        if getattr(request, name):
            yield name, "Only futures orders have this."


def _find_side_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    """Check the side of the position against the account's mode, as it was last read."""
    if request.key.market != MarketKind.FUTURES:
        return
    side, mode = request.position_side, request.key.position_mode
    if side and mode == PositionMode.ONE_WAY:
        message = "This account holds one position of a contract: leave the side out."
        yield "position_side", message
    if not side and mode == PositionMode.HEDGE:
        message = "This account holds a long and a short position: say which one it changes."
        yield "position_side", message
    if request.reduce_only and (request.side, side) in ENLARGING:
        yield "reduce_only", f"To {request.side} makes a {side} position larger."


def find_limit_errors(
    symbol: Symbol,
    *,
    quantity: Decimal,
    quote_amount: Decimal | None = None,
    price: Decimal | None,
    trigger_price: Decimal | None = None,
    reduce_only: bool = False,
) -> Iterator[tuple[str, str]]:
    """Yield each violated step or limit as (field, message); nothing is rounded silently."""
    if quote_amount is not None:
        yield from _find_quote_errors(symbol, quote_amount)
        return
    amounts = {"quantity": quantity, "price": price, "trigger_price": trigger_price}
    for field, value in amounts.items():
        if value is not None and value >= TOO_LARGE:
            yield field, "This is larger than can be stored."
            return
    if not _is_on_step(quantity, symbol.quantity_step):
        step = format_money(symbol.quantity_step)
        yield "quantity", f"{symbol.name} is traded in steps of {step} {symbol.base}."
    elif quantity < symbol.min_quantity:
        yield "quantity", f"The least is {format_money(symbol.min_quantity)} {symbol.base}."
    for field, value in (("price", price), ("trigger_price", trigger_price)):
        if value is not None and not _is_on_step(value, symbol.price_step):
            step = format_money(symbol.price_step)
            yield field, f"{symbol.name} is priced in steps of {step} {symbol.quote}."
    at = price or trigger_price
    if at and quantity * at < symbol.min_cost and not reduce_only:
        worth = f"{format_money(quantity * at)} {symbol.quote}"
        least = f"{format_money(symbol.min_cost)} {symbol.quote}"
        yield "quantity", f"This order is worth {worth}; the least is {least}."


def _find_quote_errors(symbol: Symbol, amount: Decimal) -> Iterator[tuple[str, str]]:
    if amount >= TOO_LARGE:
        yield "quote_amount", "This is larger than can be stored."
    elif not _is_on_step(amount, symbol.quote_step):
        step = format_money(symbol.quote_step)
        yield "quote_amount", f"{symbol.name} is paid in steps of {step} {symbol.quote}."
    elif amount < symbol.min_cost:
        yield "quote_amount", f"The least is {format_money(symbol.min_cost)} {symbol.quote}."


def _is_on_step(value: Decimal, step: Decimal) -> bool:
    return not step or EXACT.remainder(value, step) == 0
