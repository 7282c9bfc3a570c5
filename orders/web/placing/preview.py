"""The preview beside an order's form: price, money, steps, cost and fee. It only reads.

All figures are counted here, exactly; the page's script only shows them and fills them in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from exchanges import venues
from exchanges.instruments import is_inverse, profit_currency
from exchanges.models import Balance, ExchangeKey, Position, Symbol
from exchanges.prices import latest
from exchanges.venues import MarketKind
from orders import validation
from orders.models import OrderType
from orders.web.placing import sizes
from orders.web.placing.draft import OrderDraft
from orders.web.placing.fee_rates import find_fee_rate
from orders.web.row_text import NOTHING, PRICE_DECIMALS, format_age, format_number
from realtime.shapes.market import PriceData
from realtime.values import format_money

MONEY_DIGITS: Final = 8  # of an estimate; what is exact keeps all of them


@dataclass(frozen=True, slots=True)
class FillButton:
    """A button that writes a value into a field of the form."""

    field: str
    value: str
    label: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One fact about the order, with a warning's look if it needs attention."""

    label: str
    text: str
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketTerms:
    """The market of a draft: its symbol, its prices, and what its key holds there."""

    key: ExchangeKey
    symbol: Symbol
    price: PriceData | None
    free: Decimal | None
    position: Position | None
    fee_rate: Decimal | None

    @property
    def is_futures(self) -> bool:
        return self.key.market == MarketKind.FUTURES

    @property
    def quote(self) -> str:
        return profit_currency(self.symbol.name)

    def read_price(self, name: str) -> Decimal | None:
        text = self.price and self.price[name]  # type: ignore[literal-required]
        return Decimal(text) if text else None

    def find_touch(self, draft: OrderDraft) -> Decimal | None:
        """Return the price at which a market order would begin to fill."""
        return self.read_price("ask" if draft.is_buy else "bid") or self.read_price("last")

    def find_leverage(self, draft: OrderDraft) -> Decimal | None:
        if not self.is_futures:
            return sizes.ONE
        return draft.leverage or (self.position.leverage if self.position else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderPreview:
    """The texts and buttons of templates/orders/_order_preview.html."""

    symbol: str
    price: str
    age: str
    is_stale: bool
    prices: list[FillButton]
    shares: list[FillButton]
    repairs: list[FillButton]
    lines: list[Line]


def build_preview(draft: OrderDraft, *, now: datetime) -> OrderPreview | None:
    """Build the preview of a draft; None until its symbol is known."""
    if draft.key is None or draft.symbol is None:
        return None
    market = _read_market(draft, draft.key, draft.symbol)
    price = market.price
    return OrderPreview(
        symbol=market.symbol.name,
        price=format_number(price["last"], PRICE_DECIMALS) if price else "",
        age=format_age(price["at"], now=now) if price else "",
        is_stale=bool(price and price["stale"]),
        prices=list(_list_prices(draft, market)),
        shares=list(_list_shares(draft, market)),
        repairs=list(_list_repairs(draft, market)),
        lines=[*_describe_market(draft, market), *_describe_cost(draft, market)],
    )


def _read_market(draft: OrderDraft, key: ExchangeKey, symbol: Symbol) -> MarketTerms:
    name = str(draft.instrument)
    is_contract = key.market == MarketKind.FUTURES
    currency = profit_currency(symbol.name) if is_contract or draft.is_buy else symbol.base
    balance = Balance.objects.filter(key=key, currency=currency).first()
    sides = [draft.position_side] if draft.position_side else ["net", "long", "short"]
    positions = Position.objects.filter(key=key, symbol=symbol.name, side__in=sides)
    is_maker = draft.type == OrderType.LIMIT
    return MarketTerms(
        key=key,
        symbol=symbol,
        price=latest.last_known([name]).prices.get(name),
        free=balance.free if balance else None,
        position=positions.order_by("-changed_at").first() if is_contract else None,
        fee_rate=find_fee_rate(key, symbol, is_maker=is_maker),
    )


def _list_prices(draft: OrderDraft, market: MarketTerms) -> Iterator[FillButton]:
    if draft.type in (OrderType.MARKET, OrderType.TRAILING_STOP):
        return
    for name, label in (("bid", "Bid"), ("last", "Last"), ("ask", "Ask")):
        if price := market.read_price(name):
            text = format_number(format_money(price), PRICE_DECIMALS)
            yield FillButton("price", format_money(price), f"{label} {text}")


def _list_shares(draft: OrderDraft, market: MarketTerms) -> Iterator[FillButton]:
    for percent in sizes.SHARES:
        button = _build_share(draft, market, percent)
        if button:
            yield button


def _build_share(draft: OrderDraft, market: MarketTerms, percent: int) -> FillButton | None:
    symbol, label = market.symbol, f"{percent} %"
    if closed := _find_closed_quantity(draft, market):
        quantity = sizes.take_share(closed, percent)
        return _fill_quantity(sizes.floor_to_step(quantity, symbol.quantity_step), label)
    if market.free is None or market.free <= 0 or is_inverse(symbol.name):
        return None
    share = sizes.take_share(market.free, percent)
    if not market.is_futures and not draft.is_buy:
        return _fill_quantity(sizes.floor_to_step(share, symbol.quantity_step), label)
    has_quote = venues.get(market.key.venue).has_quote_orders(market.key.market)
    if draft.type == OrderType.MARKET and has_quote:
        money = sizes.floor_to_step(share, symbol.quote_step)
        return FillButton("quote_amount", format_money(money), label) if money else None
    at, leverage = draft.own_price or market.find_touch(draft), market.find_leverage(draft)
    if at is None or leverage is None:
        return None
    fee = (market.fee_rate or Decimal(0)) if market.is_futures else Decimal(0)
    quantity = sizes.convert_to_quantity(
        share, at=at, step=symbol.quantity_step, leverage=leverage, fee_rate=fee
    )
    return _fill_quantity(quantity, label)


def _find_closed_quantity(draft: OrderDraft, market: MarketTerms) -> Decimal | None:
    """Return the size of the position that this order can only make smaller."""
    closes = draft.reduce_only or (
        draft.position_side and (draft.side, draft.position_side) not in validation.ENLARGING
    )
    return abs(market.position.quantity) if closes and market.position else None


def _fill_quantity(quantity: Decimal, label: str, title: str = "") -> FillButton | None:
    return FillButton("quantity", format_money(quantity), label, title) if quantity else None


def _list_repairs(draft: OrderDraft, market: MarketTerms) -> Iterator[FillButton]:
    """Offer the nearest value on the venue's step for one that is between two."""
    symbol = market.symbol
    steps = {
        "quantity": (symbol.quantity_step, symbol.base),
        "price": (symbol.price_step, symbol.quote),
        "trigger_price": (symbol.price_step, symbol.quote),
        "take_profit": (symbol.price_step, symbol.quote),
        "stop_loss": (symbol.price_step, symbol.quote),
    }
    for field, (step, unit) in steps.items():
        value = getattr(draft, field)
        nearest = value and sizes.floor_to_step(value, step)
        if nearest and nearest != value:
            text = format_money(nearest)
            words = f"{field.replace('_', ' ').capitalize()}: use {text} {unit}"
            yield FillButton(field, text, words, f"It moves in steps of {format_money(step)}.")
    if converted := convert_quote_amount(draft, at=market.find_touch(draft), symbol=symbol):
        text = format_money(converted)
        yield FillButton("quantity", text, f"Amount: use {text} {symbol.base}")


def convert_quote_amount(
    draft: OrderDraft, *, at: Decimal | None, symbol: Symbol
) -> Decimal | None:
    """Return the amount that a sum of money is, rounded down to the step, where it is none yet."""
    at = draft.own_price or at
    if not draft.quote_amount or draft.quantity or not at or is_inverse(symbol.name):
        return None
    return sizes.convert_to_quantity(draft.quote_amount, at=at, step=symbol.quantity_step) or None


def _describe_market(draft: OrderDraft, market: MarketTerms) -> Iterator[Line]:
    symbol = market.symbol
    unit = market.quote if market.is_futures or draft.is_buy else symbol.base
    free = NOTHING if market.free is None else f"{_group_digits(market.free)} {unit}"
    yield Line("Free", free)
    steps = f"steps of {_group_digits(symbol.quantity_step)}"
    least = f", at least {_group_digits(symbol.min_quantity)}" if symbol.min_quantity else ""
    worth = ""
    if symbol.min_cost:
        worth = f", worth at least {_group_digits(symbol.min_cost)} {symbol.quote}"
    yield Line("Amount", f"{steps}{least} {symbol.base}{worth}")
    yield Line("Price", f"steps of {_group_digits(symbol.price_step)} {symbol.quote}")
    if market.is_futures:
        yield Line("At the venue", _describe_leverage(market.position))


def _describe_leverage(position: Position | None) -> str:
    if position is None or position.leverage is None:
        return "leverage not told yet: the venue does with a position"
    mode = f", {position.margin_mode} margin" if position.margin_mode else ""
    return f"leverage {format_money(position.leverage)}x{mode}"


def _describe_cost(draft: OrderDraft, market: MarketTerms) -> Iterator[Line]:
    at = draft.own_price or market.find_touch(draft)
    quantity = draft.quantity or convert_quote_amount(draft, at=at, symbol=market.symbol)
    if at is None or not quantity or is_inverse(market.symbol.name):
        return
    value = sizes.multiply(quantity, at)
    about = "" if draft.own_price else "about "
    yield Line("Value", f"{about}{_format_money(value)} {market.symbol.quote}")
    yield from _describe_need(draft, market, quantity=quantity, value=value)
    if market.fee_rate is None:
        yield Line("Fee", "not known before the first fill here")
    else:
        fee, percent = sizes.multiply(value, market.fee_rate), market.fee_rate * 100
        words = f"about {_format_money(fee)} {market.quote} ({percent.normalize():.4g} %, as last)"
        yield Line("Fee", words)
    yield from _describe_exits(draft, market, quantity=quantity, at=at)


def _describe_need(
    draft: OrderDraft, market: MarketTerms, *, quantity: Decimal, value: Decimal
) -> Iterator[Line]:
    if _find_closed_quantity(draft, market) is not None:
        return
    need = value if draft.is_buy else quantity
    if market.is_futures:
        leverage = market.find_leverage(draft)
        if leverage is None:
            return
        need = value / leverage
        yield Line("Margin", f"about {_format_money(need)} {market.quote}")
    if market.free is not None and need > market.free:
        unit = market.quote if market.is_futures or draft.is_buy else market.symbol.base
        missing = _group_digits(_cut_estimate(need - market.free))
        yield Line("Missing", f"{missing} {unit} more than is free", is_warning=True)


def _describe_exits(
    draft: OrderDraft, market: MarketTerms, *, quantity: Decimal, at: Decimal
) -> Iterator[Line]:
    sign = 1 if draft.is_buy else -1
    for label, trigger in (("Take profit", draft.take_profit), ("Stop loss", draft.stop_loss)):
        if trigger:
            change = sizes.multiply(trigger - at, quantity) * sign
            mark = "+" if change > 0 else ""
            yield Line(label, f"{mark}{_format_money(change)} {market.quote} before fees")


def _group_digits(value: Decimal) -> str:
    """Write a number that is exact: all its digits, no zeros that only pad."""
    return format_number(format_money(value), 0)


def _format_money(value: Decimal) -> str:
    return format_number(format_money(_cut_estimate(value)), PRICE_DECIMALS)


def _cut_estimate(value: Decimal) -> Decimal:
    """Keep two decimals of what is large, more of what is small."""
    places = PRICE_DECIMALS if abs(value) >= 100 else MONEY_DIGITS
    return sizes.floor_to_step(value, Decimal(1).scaleb(-places))
