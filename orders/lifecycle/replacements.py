"""Follow replacements: venues give an order a new id when it is triggered or edited by hand.

Such an order keeps its client order id. The ids themselves tell which is the later one, so it does
not matter which report arrives first.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from exchanges.base import CONDITIONAL_PREFIX, OrderReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """Quantity and price of an order, and when the venue last changed them."""

    quantity: Decimal
    price: Decimal | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FormerName:
    """The quantity filled under a former id, and whether all of those fills are recorded."""

    filled: Decimal
    is_settled: bool = False


def settle_past(past: FormerName | None, report: OrderReport) -> FormerName:
    """Merge a report about a former id; it is settled once it has ended and all fills are known."""
    known = past.filled if past else Decimal(0)
    filled = max(report.filled or Decimal(0), known)
    parts = sum((fill.quantity for fill in report.fills), Decimal(0))
    is_last = report.status in ("canceled", "expired", "filled") and parts >= filled
    return FormerName(filled, is_settled=is_last or (past is not None and past.is_settled))


def classify_report(report: OrderReport, *, known: str) -> Literal["same", "past", "successor"]:
    """Tell whether a report is about the id that we know, a former one or its successor."""
    name = report.exchange_order_id
    if not known or name in ("", known):
        return "same"
    if known.startswith(CONDITIONAL_PREFIX) != name.startswith(CONDITIONAL_PREFIX):
        return "successor" if known.startswith(CONDITIONAL_PREFIX) else "past"
    ours, theirs = known.removeprefix(CONDITIONAL_PREFIX), name.removeprefix(CONDITIONAL_PREFIX)
    if ours.isdecimal() and theirs.isdecimal():
        return "successor" if int(theirs) > int(ours) else "past"
    alive = report.status in ("new", "partially_filled")
    return "successor" if alive else "past"


def merge_terms(current: Terms, report: OrderReport, *, carried: Decimal) -> Terms:
    """Return the latest terms; a market order has no price, so nothing of it can be edited."""
    if None in (current.price, report.price, report.reported_at) or not report.quantity:
        return current
    reported = Terms(quantity=carried + report.quantity, price=report.price, at=report.reported_at)
    if (reported.quantity, reported.price) == (current.quantity, current.price):
        return current
    return reported if current.at is None or _sort_key(reported) > _sort_key(current) else current


def _sort_key(terms: Terms) -> tuple[datetime | None, Decimal, Decimal | None]:
    return (terms.at, terms.quantity, terms.price)
