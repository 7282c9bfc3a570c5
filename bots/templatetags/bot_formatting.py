"""Template filters and tags of the pages of bots, the portfolio and the activity log."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template

from bots import formatting
from bots.activity import log
from bots.models import LogEntry
from exchanges import venues
from orders.web import row_text
from realtime import values
from realtime.shapes.events import LogData
from realtime.values import format_money, format_time
from users.number_format.separators import write_number

register = template.Library()
register.filter("profit", formatting.format_result)
register.filter("gain", formatting.result_class)
register.filter("digits", formatting.format_digits)
register.filter("grouped", formatting.format_all_digits)
register.filter("sum", formatting.format_sum)
register.filter("rounded", formatting.format_ratio)
register.filter("percent", formatting.format_percent)


@register.filter("paid")
def format_fees(fees: Decimal, currency: str) -> str:
    """Write fees as the loss that they are."""
    return formatting.format_result(-fees, currency)


@register.filter("amount_of")
def format_amount(value: Decimal | None, places: int) -> str:
    return row_text.format_number(None if value is None else format_money(value), places)


@register.filter("about")
def format_average(value: Decimal | None) -> str:
    """Write the eight digits that matter: an average may have eighty."""
    if value is None:
        return row_text.NOTHING
    return write_number(f"{Decimal(values.format_average(value)):,f}")


@register.filter("count")
def format_count(value: int) -> str:
    return write_number(f"{value:,}")


@register.filter("venue")
def venue_label(name: str) -> str:
    return venues.get(name).label


@register.filter("stamp")
def format_stamp(value: datetime | None) -> str:
    return format_time(value) if value else ""


@register.filter("items")
def list_items(value: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(value.items())


@register.filter("get")
def get_value(values: Mapping[Any, Any], name: Any) -> Any:
    """Return the value of a key that a template has in a variable."""
    return values.get(name)


@register.simple_tag(name="ago")
def format_age(value: datetime | None, now: datetime) -> str:
    return row_text.format_age(format_time(value), now=now) if value else row_text.NOTHING


@register.simple_tag(name="time_of")
def format_moment(value: datetime, now: datetime) -> str:
    return row_text.format_moment(format_time(value), now=now)


@register.simple_tag(name="why")
def order_log(order_id: int) -> list[LogData]:
    """Return the entries of the activity log about an order, for its timeline."""
    return [log.log_entry_data(entry) for entry in LogEntry.objects.filter(order=order_id)[:20]]
