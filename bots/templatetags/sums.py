"""Sums, shares and amounts as pages write them, where a glance has to be enough."""

from decimal import Decimal

from django import template

from bots.charts import scales
from bots.templatetags.earnings import to_places
from exchanges import venues
from orders.web import row_text

register = template.Library()


@register.filter(name="sum")
def money_sum(value: Decimal | None, currency: str) -> str:
    """12,345.60, or 0.00001200 of a coin."""
    if value is None:
        return row_text.NOTHING
    rounded = to_places(value, currency)
    return f"{scales.MINUS if rounded < 0 else ''}{abs(rounded):,f}"


@register.filter
def rounded(value: Decimal | None) -> str:
    return row_text.NOTHING if value is None else scales.full(value)


@register.filter
def percent(value: Decimal | None) -> str:
    """Of a share between 0 and 1, or of a change."""
    if value is None:
        return row_text.NOTHING
    each = value * 100
    return f"{scales.MINUS if round(each, 1) < 0 else ''}{abs(each):,.1f} %"


@register.filter
def count(value: int) -> str:
    return f"{value:,}"


@register.filter
def venue(name: str) -> str:
    return venues.get(name).label
