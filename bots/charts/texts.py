"""The texts of charts: times, and longer ones for people who cannot see them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.charts.scales import format_number

DAYS: Final = (
    gettext_noop("Mon"),
    gettext_noop("Tue"),
    gettext_noop("Wed"),
    gettext_noop("Thu"),
    gettext_noop("Fri"),
    gettext_noop("Sat"),
    gettext_noop("Sun"),
)
LINE: Final = gettext_noop(
    "%(first)s at first (%(first_time)s), %(last)s at last (%(last_time)s);"
    " lowest %(lowest)s, highest %(highest)s."
)
BARS: Final = gettext_noop(
    "From %(first)s to %(last)s, %(each)s: best %(best)s, worst %(worst)s %(unit)s."
)


def format_moment(at: datetime, span: timedelta) -> str:
    """Write a time as exactly as the span of the chart needs."""
    if span <= timedelta(days=2):
        return f"{at:%H:%M}"
    if span <= timedelta(days=300):
        return date_format(at, "j M")
    return date_format(at, "M Y")


def describe_bar(first: date, number: int, size: int, net: Decimal, unit: str) -> str:
    start = first + timedelta(days=number * size)
    days = {"first": start, "last": start + timedelta(days=size - 1)}
    when = f"{start}" if size == 1 else _("%(first)s to %(last)s") % days
    return f"{when} · {format_number(net, signed=True)} {unit}"
