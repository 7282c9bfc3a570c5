"""Checks on a requested order: the fields of its type, and the steps and limits of its symbol.

Both are checked here because a refusal by the venue costs a request and says less.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from exchanges import venues
from exchanges.models import ExchangeKey, PositionMode, Symbol
from exchanges.venues import MarketKind
from orders.lifecycle.exits import Exits
from orders.lifecycle.states import EXACT
from orders.models import OrderType, Side, TimeInForce
from orders.schema.error_texts import (
    PRICE_LABELS,
    TYPE_LABELS,
    WRONG_LOSS,
    WRONG_ORDER,
    WRONG_PROFIT,
)
from realtime.values import format_money

if TYPE_CHECKING:
    from orders.placement import PlacementRequest

# For each type: what it needs, and what it may have besides.
FIELDS_OF_TYPE: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    OrderType.LIMIT: (frozenset({"price"}), frozenset()),
    OrderType.MARKET: (frozenset(), frozenset()),
    OrderType.STOP_LOSS: (
        frozenset({"trigger_price"}),
        frozenset({"price"}),
    ),
    OrderType.TAKE_PROFIT: (
        frozenset({"trigger_price"}),
        frozenset({"price"}),
    ),
    OrderType.TRAILING_STOP: (frozenset({"trailing_percent"}), frozenset()),
}
MIN_PERCENT, MAX_PERCENT = Decimal("0.1"), Decimal(10)  # what all venues with such orders take
ENLARGING: Final = frozenset({("buy", "long"), ("sell", "short")})
SHORTEST_WAIT: Final = timedelta(seconds=30)  # a check takes a few to come
MAX_LEVERAGE: Final = 125
TOO_LARGE: Final = Decimal(10) ** 20  # for the column that it is written to


def find_field_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    """Yield each error as (field, message)."""
    yield from _find_amount_errors(request)
    yield from _find_price_errors(request)
    yield from _find_time_in_force_errors(request)
    yield from _find_trailing_errors(request)
    yield from _find_futures_errors(request)
    terms = {"side": request.side, "position_side": request.position_side}
    yield from find_position_errors(request.key, **terms, reduce_only=request.reduce_only)


def _find_amount_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.quote_amount is None:
        if not request.quantity:
            yield "quantity", _("Give an amount, or for a market order what it shall spend.")
        return
    if request.quantity:
        yield "quote_amount", _("Give the amount or what it shall spend, not both.")
    if request.type != OrderType.MARKET:
        yield "quote_amount", _("Only a market order is sized by what it spends.")
    venue = venues.get(request.key.venue)
    if not venue.has_quote_orders(request.key.market):
        yield (
            "quote_amount",
            _("%(venue)s %(market)s sizes no orders so.")
            % {"venue": venue.label, "market": request.key.market},
        )


def _find_price_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    required, optional = FIELDS_OF_TYPE[request.type]
    label = TYPE_LABELS[OrderType(request.type)]
    for name, price_label in PRICE_LABELS.items():
        is_given = getattr(request, name) is not None
        if name in required and not is_given:
            yield (
                name,
                _("%(order)s needs a %(price)s.") % {"order": _(label), "price": _(price_label)},
            )
        if is_given and name not in required | optional:
            yield (
                name,
                _("%(order)s has no %(price)s.") % {"order": _(label), "price": _(price_label)},
            )


def _find_time_in_force_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.time_in_force == TimeInForce.GTD:
        yield from _find_expiry_errors(request)
        return
    if request.good_till is not None:
        yield "good_till", _("Only an order until a time (GTD) has one.")
    if request.time_in_force == TimeInForce.GTC:
        return
    if request.type == OrderType.MARKET:
        yield "time_in_force", _("A market order is always carried out at once.")
    elif request.price is None:
        message = _("Without a price it is carried out at once when its trigger is reached.")
        yield "time_in_force", message
    elif request.type != OrderType.LIMIT and request.time_in_force == TimeInForce.PO:
        yield "time_in_force", _("Only a limit order can be post only.")


def _find_expiry_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.type != OrderType.LIMIT:
        yield "time_in_force", _("Only a limit order waits until a time.")
    elif request.good_till is None:
        yield "good_till", _("Say until when it shall wait.")
    elif request.good_till < timezone.now() + SHORTEST_WAIT:
        yield (
            "good_till",
            _("At least %(seconds)s seconds from now.") % {"seconds": SHORTEST_WAIT.seconds},
        )


def _find_trailing_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.type != OrderType.TRAILING_STOP:
        return
    venue, percent = venues.get(request.key.venue), request.trailing_percent
    if not venue.has_trailing_stops(request.key.market):
        yield (
            "type",
            _("%(venue)s %(market)s has no trailing stops.")
            % {"venue": venue.label, "market": request.key.market},
        )
    if percent is not None and not MIN_PERCENT <= percent <= MAX_PERCENT:
        yield (
            "trailing_percent",
            _("Between %(min_percent)s and %(max_percent)s per cent.")
            % {"min_percent": MIN_PERCENT, "max_percent": MAX_PERCENT},
        )


def _find_futures_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    if request.key.market == MarketKind.FUTURES:
        if request.leverage is not None and not 1 <= request.leverage <= MAX_LEVERAGE:
            yield "leverage", _("Between 1 and %(max_leverage)s.") % {"max_leverage": MAX_LEVERAGE}
        if request.margin_mode and request.leverage is None:
            yield "margin_mode", _("The margin mode is set together with the leverage.")
        return
    for name in ("reduce_only", "position_side", "leverage", "margin_mode"):
        if getattr(request, name):
            yield name, _("Only futures orders have this.")


def find_position_errors(
    key: ExchangeKey, *, side: str, position_side: str, reduce_only: bool
) -> Iterator[tuple[str, str]]:
    """Check the side of the position against the account's mode, as it was last read."""
    if key.market != MarketKind.FUTURES:
        return
    if position_side and key.position_mode == PositionMode.ONE_WAY:
        message = _("This account holds one position of a contract: leave the side out.")
        yield "position_side", message
    if not position_side and key.position_mode == PositionMode.HEDGE:
        message = _("This account holds a long and a short position: say which one it changes.")
        yield "position_side", message
    if reduce_only and (side, position_side) in ENLARGING:
        yield (
            "reduce_only",
            _("To buy makes a long position larger.")
            if side == "buy"
            else _("To sell makes a short position larger."),
        )


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
            yield field, _("This is larger than can be stored.")
            return
    if not _is_on_step(quantity, symbol.quantity_step):
        step = f"{format_money(symbol.quantity_step)} {symbol.base}"
        words = {"symbol": symbol.name, "step": step}
        yield "quantity", _("%(symbol)s is traded in steps of %(step)s.") % words
    elif quantity < symbol.min_quantity:
        least = f"{format_money(symbol.min_quantity)} {symbol.base}"
        yield "quantity", _("The least is %(least)s.") % {"least": least}
    for field, value in (("price", price), ("trigger_price", trigger_price)):
        if value is not None and not _is_on_step(value, symbol.price_step):
            step = f"{format_money(symbol.price_step)} {symbol.quote}"
            words = {"symbol": symbol.name, "step": step}
            yield field, _("%(symbol)s is priced in steps of %(step)s.") % words
    at = price or trigger_price
    if at and quantity * at < symbol.min_cost and not reduce_only:
        worth = f"{format_money(quantity * at)} {symbol.quote}"
        words = {"worth": worth, "least": f"{format_money(symbol.min_cost)} {symbol.quote}"}
        yield "quantity", _("This order is worth %(worth)s; the least is %(least)s.") % words


def _find_quote_errors(symbol: Symbol, amount: Decimal) -> Iterator[tuple[str, str]]:
    if amount >= TOO_LARGE:
        yield "quote_amount", _("This is larger than can be stored.")
    elif not _is_on_step(amount, symbol.quote_step):
        words = {"symbol": symbol.name, "step": f"{format_money(symbol.quote_step)} {symbol.quote}"}
        yield "quote_amount", _("%(symbol)s is paid in steps of %(step)s.") % words
    elif amount < symbol.min_cost:
        least = f"{format_money(symbol.min_cost)} {symbol.quote}"
        yield "quote_amount", _("The least is %(least)s.") % {"least": least}


def find_exit_errors(request: "PlacementRequest") -> Iterator[tuple[str, str]]:
    """Yield what forbids the exits that an entry asks for, as (field, message)."""
    if not request.exits:
        return
    field = request.exits.list_roles()[0]
    if request.bot:
        yield field, _("A bot closes what it opens itself: its orders have no exits of their own.")
    is_reducing = request.position_side and (request.side, request.position_side) not in ENLARGING
    if request.reduce_only or is_reducing:
        yield field, _("An order that only reduces a position opens nothing to exit.")
    if venues.get(request.key.venue).is_polled:
        venue = request.key.venue_label
        yield field, _("%(venue)s takes no exits here.") % {"venue": venue}
    yield from find_side_errors(
        request.exits, is_long=request.side == Side.BUY, at=request.price or request.trigger_price
    )


def find_side_errors(
    exits: Exits, *, is_long: bool, at: Decimal | None = None
) -> Iterator[tuple[str, str]]:
    """Yield exits on the wrong side of the price, or of each other; without one nothing is told."""
    profit, loss = exits.take_profit, exits.stop_loss
    sign = 1 if is_long else -1
    if profit and at and sign * (profit.trigger_price - at) <= 0:
        yield "take_profit", _(WRONG_PROFIT[is_long])
    if loss and at and sign * (at - loss.trigger_price) <= 0:
        yield "stop_loss", _(WRONG_LOSS[is_long])
    if profit and loss and sign * (profit.trigger_price - loss.trigger_price) <= 0:
        yield "take_profit", _(WRONG_ORDER[is_long])


def find_exit_limit_errors(
    symbol: Symbol, exits: Exits, *, quantity: Decimal
) -> Iterator[tuple[str, str]]:
    """Yield the steps and limits that an exit would violate; of an unknown quantity, only steps."""
    for role in exits.list_roles():
        terms = exits.get_terms(role)
        if terms is None:
            continue
        for _field, message in find_limit_errors(
            symbol,
            quantity=quantity or symbol.min_quantity,
            price=terms.price,
            trigger_price=terms.trigger_price,
            reduce_only=not quantity,
        ):
            yield role, message


def _is_on_step(value: Decimal, step: Decimal) -> bool:
    return not step or EXACT.remainder(value, step) == 0
