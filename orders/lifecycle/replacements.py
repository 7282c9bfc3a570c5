"""Follow replacements: venues give an order a new id when it is triggered or edited by hand.

Such an order keeps its client order id. The ids themselves tell which is the later one, so it does
not matter which report arrives first.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from exchanges.base import CONDITIONAL_PREFIX, OrderReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """Quantity and prices of an order, and when the venue last changed them."""

    quantity: Decimal
    price: Decimal | None
    at: datetime | None
    trigger_price: Decimal | None = None  # of an order that waits for a price; others have none


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
    """Return the latest terms: those of a limit order, or of one that waits for its trigger.

    A market order has none that can be edited. Once triggered, a stop at market is one too.
    """
    if report.reported_at is None or not report.quantity:
        return current
    is_waiting = report.trigger_price is not None and report.status == "new" and not report.filled
    if report.price is None if current.price is not None else not is_waiting:
        return current
    has_trigger = current.trigger_price is not None
    reported = Terms(
        quantity=carried + report.quantity,
        price=None if current.price is None else report.price,
        at=report.reported_at,
        trigger_price=report.trigger_price or current.trigger_price if has_trigger else None,
    )
    if replace(reported, at=current.at) == current:
        return current
    return reported if current.at is None or _sort_key(reported) > _sort_key(current) else current


def _sort_key(terms: Terms) -> tuple[datetime | None, Decimal, Decimal, Decimal]:
    zero = Decimal(0)
    return (terms.at, terms.quantity, terms.price or zero, terms.trigger_price or zero)
