"""Numbers and labels of pages, written as orders/web/row_text.py writes them."""

from datetime import datetime
from decimal import Decimal

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.lifecycle import ended_by
from orders.models import Role, Status
from orders.web import row_text
from realtime.values import format_money
from users.number_format.separators import write_number

register = template.Library()
ACTOR_LABELS = dict(ended_by.LABELS)
SOURCE_LABELS = {
    "submit": gettext_noop("heard from its reply"),
    "cancel": gettext_noop("heard from its reply"),
    "poll": gettext_noop("heard by asking"),
    "stream": gettext_noop("heard from its stream"),
    "group": gettext_noop("from its group"),
}


@register.filter
def price(value: str | None) -> str:
    return row_text.format_number(value, row_text.PRICE_DECIMALS)


@register.filter
def quantity(value: str | None) -> str:
    return row_text.format_number(value, row_text.QUANTITY_DECIMALS)


@register.filter
def short(value: Decimal) -> str:
    """Write a sum for a quick look: no decimals above 1000, four significant digits below."""
    if abs(value) >= 1000:
        return write_number(f"{value:,.0f}")
    return write_number(format_money(Decimal(f"{value:.4g}")))


@register.filter
def signed(value: Decimal) -> str:
    """Write a result with its sign, which its colour repeats."""
    sign = "+" if value > 0 else ""
    return sign + row_text.format_number(format_money(value), row_text.PRICE_DECIMALS)


@register.filter
def exact(value: str | None) -> str:
    return row_text.format_exact_time(value)


@register.filter
def status_label(value: str) -> str:
    return str(Status(value).label)


@register.filter
def role_label(value: str) -> str:
    return str(Role(value).label)


@register.filter
def actor_label(value: str) -> str:
    return _(ACTOR_LABELS[value]) if value in ACTOR_LABELS else value


@register.filter
def source_label(source: str) -> str:
    return _(SOURCE_LABELS[source]) if source in SOURCE_LABELS else ""


@register.simple_tag
def moment(value: str, now: datetime) -> str:
    return row_text.format_moment(value, now=now)
