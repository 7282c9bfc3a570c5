"""The preview beside an order's form: price, money, steps, cost and fee. It only reads.

All figures are counted here, exactly; the page's script only shows them and fills them in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

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
from orders.web.placing.preview_parts import (
    MARGIN_MODES,
    SUGGESTIONS,
    FillButton,
    Line,
    cut_estimate,
    format_estimate,
    group_digits,
)
from orders.web.row_text import NOTHING, PRICE_DECIMALS, format_age, format_number
from realtime.shapes.market import PriceData
from realtime.values import format_money


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
    for name, label in (("bid", _("Bid")), ("last", _("Last")), ("ask", _("Ask"))):
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
            words = _(SUGGESTIONS[field]) % {"number": text, "unit": unit}
            yield FillButton(
                field,
                text,
                words,
                _("It moves in steps of %(step)s.") % {"step": format_money(step)},
            )
    if converted := convert_quote_amount(draft, at=market.find_touch(draft), symbol=symbol):
        text = format_money(converted)
        yield FillButton(
            "quantity", text, _(SUGGESTIONS["quantity"]) % {"number": text, "unit": symbol.base}
        )


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
    free = NOTHING if market.free is None else f"{group_digits(market.free)} {unit}"
    yield Line(_("Free"), free)
    step = f"{group_digits(symbol.quantity_step)} {symbol.base}"
    parts = [_("steps of %(step)s") % {"step": step}]
    if symbol.min_quantity:
        least = f"{group_digits(symbol.min_quantity)} {symbol.base}"
        parts[0] = _("steps of %(step)s, at least %(least)s") % {
            "step": group_digits(symbol.quantity_step),
            "least": least,
        }
    if symbol.min_cost:
        worth = f"{group_digits(symbol.min_cost)} {symbol.quote}"
        parts.append(_("worth at least %(worth)s") % {"worth": worth})
    yield Line(_("Amount"), ", ".join(parts))
    price_step = f"{group_digits(symbol.price_step)} {symbol.quote}"
    yield Line(_("Price"), _("steps of %(step)s") % {"step": price_step})
    if market.is_futures:
        yield Line(_("At the venue"), _describe_leverage(market.position))


def _describe_leverage(position: Position | None) -> str:
    if position is None or position.leverage is None:
        return _("leverage not told yet: the venue does with a position")
    text = _("leverage %(leverage)sx") % {"leverage": format_money(position.leverage)}
    if not position.margin_mode:
        return text
    return f"{text}, {_(MARGIN_MODES[position.margin_mode])}"


def _describe_cost(draft: OrderDraft, market: MarketTerms) -> Iterator[Line]:
    at = draft.own_price or market.find_touch(draft)
    quantity = draft.quantity or convert_quote_amount(draft, at=at, symbol=market.symbol)
    if at is None or not quantity or is_inverse(market.symbol.name):
        return
    value = sizes.multiply(quantity, at)
    worth = f"{format_estimate(value)} {market.symbol.quote}"
    yield Line(_("Value"), worth if draft.own_price else _("about %(worth)s") % {"worth": worth})
    yield from _describe_need(draft, market, quantity=quantity, value=value)
    if market.fee_rate is None:
        yield Line(_("Fee"), _("not known before the first fill here"))
    else:
        fee, percent = sizes.multiply(value, market.fee_rate), market.fee_rate * 100
        words = _("about %(fee)s (%(percent)s %%, as last)") % {
            "fee": f"{format_estimate(fee)} {market.quote}",
            "percent": f"{percent.normalize():.4g}",
        }
        yield Line(_("Fee"), words)
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
        worth = f"{format_estimate(need)} {market.quote}"
        yield Line(_("Margin"), _("about %(worth)s") % {"worth": worth})
    if market.free is not None and need > market.free:
        unit = market.quote if market.is_futures or draft.is_buy else market.symbol.base
        missing = group_digits(cut_estimate(need - market.free))
        yield Line(
            _("Missing"),
            _("%(amount)s more than is free") % {"amount": f"{missing} {unit}"},
            is_warning=True,
        )


def _describe_exits(
    draft: OrderDraft, market: MarketTerms, *, quantity: Decimal, at: Decimal
) -> Iterator[Line]:
    sign = 1 if draft.is_buy else -1
    exits = {_("Take profit"): draft.take_profit, _("Stop loss"): draft.stop_loss}
    for label, trigger in exits.items():
        if trigger:
            change = sizes.multiply(trigger - at, quantity) * sign
            mark = "+" if change > 0 else ""
            yield Line(
                label,
                _("%(change)s before fees")
                % {"change": f"{mark}{format_estimate(change)} {market.quote}"},
            )
