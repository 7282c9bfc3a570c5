"""An order that is being written, read from an unfinished form: what is wrong is left out."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from exchanges.instruments import Instrument
from exchanges.models import ExchangeKey, Symbol
from orders.models import OrderType, Side

NUMBERS = (
    *("quantity", "quote_amount", "price", "trigger_price", "take_profit", "stop_loss"),
    "leverage",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderDraft:
    """An order before it is placed, as far as its form is filled in."""

    key: ExchangeKey | None
    symbol: Symbol | None
    side: str
    type: str
    reduce_only: bool = False
    position_side: str = ""
    quantity: Decimal | None = None
    quote_amount: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    leverage: Decimal | None = None

    @property
    def is_buy(self) -> bool:
        return self.side == Side.BUY

    @property
    def own_price(self) -> Decimal | None:
        """Return the price that the order itself names; a market order names none."""
        if self.type in (OrderType.MARKET, OrderType.TRAILING_STOP):
            return None
        return self.price or (None if self.type == OrderType.LIMIT else self.trigger_price)

    @property
    def instrument(self) -> Instrument | None:
        return Instrument(*self.symbol.venue_market, self.symbol.name) if self.symbol else None


def read_draft(form: forms.Form) -> OrderDraft:
    """Read each field by itself, so that one mistake does not hide the rest."""
    key = _read_field(form, "key") or next(iter(form.fields["key"].queryset), None)  # type: ignore[attr-defined]
    name = str(form["symbol"].value() or "").strip().upper()
    return OrderDraft(
        key=key,
        symbol=_find_symbol(key, name),
        side=_read_field(form, "side") or Side.BUY,
        type=_read_field(form, "type") or OrderType.LIMIT,
        reduce_only=bool(form["reduce_only"].value()),
        position_side=_read_field(form, "position_side") or "",
        **{name: _read_number(form, name) for name in NUMBERS},
    )


def _find_symbol(key: ExchangeKey | None, name: str) -> Symbol | None:
    if key is None or not name.isprintable():
        return None
    return Symbol.objects.filter(**key.venue_market._asdict(), name=name).first()


def _read_field(form: forms.Form, name: str) -> Any:
    try:
        return form.fields[name].clean(form[name].value())
    except forms.ValidationError:
        return None


def _read_number(form: forms.Form, name: str) -> Decimal | None:
    value = _read_field(form, name)
    return None if value is None else Decimal(value)
