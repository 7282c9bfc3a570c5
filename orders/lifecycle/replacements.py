"""A venue may give an order another name: its trigger was touched, or it was replaced by hand.

Such an order keeps its client order id. Which of two names is the later one is told by the names
themselves, so that it does not matter which is heard of first.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from exchanges.base import OrderReport

CONDITIONAL_PREFIX: Final = (
    "algo:"  # the name of an order that waits for its trigger in a book of its own
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What was asked for, and since when, if the venue has changed it."""

    quantity: Decimal
    price: Decimal | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class FormerName:
    """How much was executed under a name before, and whether all of that is recorded."""

    filled: Decimal
    is_settled: bool = False


def settle_past(past: FormerName | None, report: OrderReport) -> FormerName:
    """The venue's word on such a name is the last one when that has ended, and shows each part."""
    known = past.filled if past else Decimal(0)
    filled = max(report.filled or Decimal(0), known)
    parts = sum((fill.quantity for fill in report.fills), Decimal(0))
    is_last = report.status in ("canceled", "expired", "filled") and parts >= filled
    return FormerName(filled, is_settled=is_last or (past is not None and past.is_settled))


def classify_report(report: OrderReport, *, known: str) -> Literal["same", "past", "successor"]:
    """Where the order that a report names stands to the one that we know."""
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
    """The latest that the venue holds; a market order has no price, so nothing to change."""
    if None in (current.price, report.price, report.reported_at) or not report.quantity:
        return current
    reported = Terms(quantity=carried + report.quantity, price=report.price, at=report.reported_at)
    if (reported.quantity, reported.price) == (current.quantity, current.price):
        return current
    return reported if current.at is None or _sort_key(reported) > _sort_key(current) else current


def _sort_key(terms: Terms) -> tuple[datetime | None, Decimal, Decimal | None]:
    return (terms.at, terms.quantity, terms.price)
