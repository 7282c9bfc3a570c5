"""Exact numbers, and the one format of numbers and times for events, the API and the pages."""

from datetime import UTC, datetime
from decimal import Context, Decimal

ZERO = Decimal(0)
# More digits than products of the longest amounts and prices have: nothing is rounded.
EXACT = Context(prec=100)


def gettext_noop(text: str) -> str:
    """Mark a text that is translated where it is shown; for modules that do without Django."""
    return text


def format_money(value: Decimal) -> str:
    """Write every digit and not one more: 0.0100 becomes 0.01, 1E+3 becomes 1000, -0 becomes 0."""
    return f"{value.normalize(EXACT):f}" if value else "0"


def format_money_or_none(value: Decimal | None) -> str | None:
    return None if value is None else format_money(value)


def format_average(value: Decimal) -> str:
    """Write the eight digits of an average that matter: a quotient has as many as there is room."""
    return format_money(Decimal(f"{value:.8g}"))


def format_time(moment: datetime) -> str:
    """Write a time in UTC with microseconds, always in the same length."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def format_time_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
