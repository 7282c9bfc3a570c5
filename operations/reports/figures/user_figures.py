"""The figures of a user's report, as they are stored and as the API gives them.

Amounts are text with every digit. Null means that nothing is known; zero is a count.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from operations.reports.figures import order_counts, profits, shared_keys, troubles
from operations.reports.figures.order_counts import OrderRows
from operations.reports.periods import ReportPeriod
from orders.models import Fill, Order
from users.models import User

VERSION: Final = 1
Row = dict[str, Any]


def build_figures(user: User, period: ReportPeriod, *, now: datetime) -> dict[str, Any]:
    """Build the figures of a period, and of the one before if the account was there by then."""
    rows = OrderRows(Order.objects.filter(user=user), Fill.objects.filter(user=user))
    has_former = user.date_joined < period.since
    earned = profits.find_profits(user.pk, period, has_former=has_former)
    return {
        "version": VERSION,
        **_build_orders(rows, period, has_former=has_former),
        "results": earned.results,
        "bots": earned.bots,
        "symbols": earned.symbols,
        **_build_troubles(user.pk, period, now),
        "sources": order_counts.count_sources(rows, period),
        "shared": shared_keys.list_shared_keys(user.pk, period),
    }


def _build_orders(rows: OrderRows, period: ReportPeriod, *, has_former: bool) -> Row:
    by_symbol = order_counts.list_by_symbol(rows, period)
    before = order_counts.list_by_symbol(rows, period.former) if has_former else None
    fees_before = order_counts.sum_fees(rows, period.former) if has_former else None
    volume_before = None if before is None else order_counts.sum_volume(before)
    return {
        "counts": order_counts.sum_counts(by_symbol),
        "counts_before": None if before is None else order_counts.sum_counts(before),
        "by_symbol": by_symbol,
        "volume": _compare_amounts(order_counts.sum_volume(by_symbol), volume_before),
        "fees": _compare_amounts(order_counts.sum_fees(rows, period), fees_before),
        "fills_without_fee": order_counts.count_unknown_fees(rows, period),
    }


def _build_troubles(user_id: int, period: ReportPeriod, now: datetime) -> Row:
    stopped, stops = troubles.list_stopped_bots(user_id, period, now=now)
    alerts, raised = troubles.list_alerts(user_id, period, now=now)
    return {
        "stopped_bots": stopped,
        "stops": stops if stopped is not None else None,
        "alerts": alerts,
        "alerts_raised": raised if alerts is not None else None,
        "keys": troubles.list_keys(user_id, period, now=now),
    }


def _compare_amounts(rows: Iterable[Row], before: Iterable[Row] | None) -> list[Row]:
    """Put the amount of the period before beside each; null if nothing is known of it."""
    now_amounts = {(row["simulated"], row["currency"]): row["amount"] for row in rows}
    former = {(row["simulated"], row["currency"]): row["amount"] for row in before or ()}
    return [
        {
            "simulated": simulated,
            "currency": currency,
            "amount": now_amounts.get((simulated, currency), "0"),
            "before": None if before is None else former.get((simulated, currency), "0"),
        }
        for simulated, currency in sorted({*now_amounts, *former})
    ]
