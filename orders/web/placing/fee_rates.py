"""The fee that an order will probably cost: the rate of the newest fill like it."""

from decimal import Decimal, localcontext
from typing import Final

from exchanges.instruments import profit_currency
from exchanges.models import ExchangeKey, Symbol
from orders.models import Fill
from realtime.values import EXACT

NEWEST: Final = 20


def find_fee_rate(key: ExchangeKey, symbol: Symbol, *, is_maker: bool) -> Decimal | None:
    """Return the part of its value that a fill cost last, or None before the first fill."""
    fills = Fill.objects.filter(key=key, symbol=symbol.name).exclude(fee=None)
    newest = list(fills.order_by("-executed_at", "-pk")[:NEWEST])
    newest.sort(key=lambda fill: fill.is_maker is not is_maker)  # stable: the newest stays first
    rates = (_compute_rate(fill, symbol) for fill in newest)
    return next((rate for rate in rates if rate is not None), None)


def _compute_rate(fill: Fill, symbol: Symbol) -> Decimal | None:
    if fill.fee is None:
        return None
    with localcontext(EXACT) as context:
        context.prec = 30
        value: Decimal = fill.price * fill.quantity
        fee: Decimal = fill.fee
        if fill.fee_currency == profit_currency(symbol.name):
            return fee / value
        if fill.fee_currency == symbol.base:
            quantity: Decimal = fill.quantity
            return fee / quantity
        worth: Decimal | None = fill.fee_value
        return None if worth is None else worth / value
