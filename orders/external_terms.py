"""Keep the terms of an order from outside as its venue tells them; ours are as they were asked for.

Some venues tell a fill before the order itself, or leave most terms out of some messages. The
latest message counts; an earlier one only adds what is not known yet.
"""

from dataclasses import fields
from typing import Any, Final

from exchanges.base import OrderReport
from exchanges.order_terms import OrderTerms
from orders.models import Order, Origin
from realtime.values import format_money

NAMES: Final = tuple(field.name for field in fields(OrderTerms))


def read_terms(report: OrderReport) -> dict[str, Any]:
    """Return the terms that a report tells."""
    terms = {name: getattr(report, name) for name in NAMES}
    return {name: value for name, value in terms.items() if value is not None}


def find_news(order: Order, report: OrderReport) -> dict[str, Any]:
    """Return the terms of an order that a report changes."""
    if order.origin != Origin.EXTERNAL:
        return {}
    said, known = report.reported_at, order.external_terms_at
    is_latest = known is None or (said is not None and said > known)
    return {
        name: value
        for name, value in read_terms(report).items()
        if getattr(order, name) != value and (is_latest or not getattr(order, name))
    }


def assign_news(order: Order, report: OrderReport, news: dict[str, Any]) -> str:
    """Change the order's terms; return what that was in words."""
    text = _describe_news(order, news)
    for name, value in news.items():
        setattr(order, name, value)
    if at := report.reported_at:
        order.external_terms_at = max(order.external_terms_at or at, at)
    return text


def _describe_news(order: Order, news: dict[str, Any]) -> str:
    before, after = order.trigger_price, news.get("trigger_price")
    if before is None or after is None:
        return "more of its terms became known"
    return f"changed at the venue: trigger {format_money(before)} to {format_money(after)}"
