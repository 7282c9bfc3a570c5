"""Profit as pages write it: always with its sign, on its point, in its currency's usual digits."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from django import template

from bots.activity import log
from bots.models import LogEntry
from orders.web import row_text
from realtime.shapes import LogData
from realtime.values import format_money, format_time

register = template.Library()

COINS: Final = 8
CENTS: Final = 2
OF_STATES: Final = ("USD", "EUR", "GBP", "JPY", "TRY", "BRL", "AUD", "CHF", "DAI")
MINUS: Final = "\N{MINUS SIGN}"


@register.filter
def profit(value: Decimal | None, currency: str) -> str:
    """+12.30, or +0.00001200 of a coin; what is not known is a dash."""
    if value is None:
        return row_text.NOTHING
    rounded = to_places(value, currency)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):,f}"


@register.filter
def gain(value: Decimal | None) -> str:
    """The class of it, for its colour."""
    return "" if not value else "gain" if value > 0 else "loss"


@register.filter
def digits(value: Decimal | None) -> str:
    """Every digit, for whoever asks by hovering."""
    return "" if value is None else format_money(value)


@register.filter
def amount_of(value: Decimal | None, least: int) -> str:
    return row_text.plain(None if value is None else format_money(value), least)


@register.filter
def about(value: Decimal | None) -> str:
    """An average as one would say it: eight digits that matter."""
    return row_text.NOTHING if value is None else f"{Decimal(f'{value:.8g}'):,f}"


@register.filter
def stamp(value: datetime | None) -> str:
    return format_time(value) if value else ""


@register.simple_tag
def ago(value: datetime | None, now: datetime) -> str:
    return row_text.age(format_time(value), now=now) if value else row_text.NOTHING


@register.simple_tag
def time_of(value: datetime, now: datetime) -> str:
    return row_text.moment(format_time(value), now=now)


@register.simple_tag
def why(order_id: int) -> list[LogData]:
    """The lines of the activity log that speak of an order, for its timeline."""
    return [log.line_data(line) for line in LogEntry.objects.filter(order=order_id)[:20]]


@register.filter
def items(value: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(value.items())


def to_places(value: Decimal, currency: str) -> Decimal:
    """Whatever way of rounding somebody has set for this thread."""
    return value.quantize(Decimal(1).scaleb(-places(currency)), ROUND_HALF_EVEN)


def places(currency: str) -> int:
    return (
        CENTS
        if any(currency.endswith(name) or currency.startswith(name) for name in OF_STATES)
        else COINS
    )
