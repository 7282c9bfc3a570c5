"""Numbers and times as they go over the wire: one format for events, the API and the pages."""

from datetime import UTC, datetime
from decimal import Context, Decimal

EXACT = Context(prec=60)  # more than any column has: nothing is rounded on its way out


def format_money(value: Decimal) -> str:
    """Write every digit and not one more: 0.0100 becomes 0.01, 1E+3 becomes 1000, -0 becomes 0."""
    return f"{value.normalize(EXACT):f}" if value else "0"


def format_time(moment: datetime) -> str:
    """Write a time in UTC with microseconds, always in the same length."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
