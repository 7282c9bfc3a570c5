"""Combine the reports of a burst, so that an order with many fills is written in steps. Pure.

Venues report every fill with the whole order. Writing each report by itself costs a commit and a
reading of all earlier fills, so a stream fell behind and the check overtook it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from exchanges.base import OrderReport


def combine_reports(reports: Iterable[OrderReport]) -> list[OrderReport]:
    """Combine the reports of an order that differ in how far it is filled and in nothing else.

    A combined report says what the furthest one says, as of the latest time, with all their fills.
    Merging it gives the state that merging them one by one gives.
    """
    combined: dict[tuple[OrderReport, int], list[OrderReport]] = {}
    terms: dict[tuple[str, str], OrderReport] = {}
    changes: Counter[tuple[str, str]] = Counter()
    for report in reports:
        name, said = (report.symbol, report.exchange_order_id), _read_terms(report)
        # Changed and changed back, an order has the terms of its last report, not of its first.
        if report.quantity is not None and terms.setdefault(name, said) != said:
            terms[name] = said
            changes[name] += 1
        alike = combined.setdefault((_without_progress(report), changes[name]), [])
        if alike and _can_combine(alike[-1], report):
            alike[-1] = _combine_pair(alike[-1], report)
        else:
            alike.append(report)
    return [report for alike in combined.values() for report in alike]


def _without_progress(report: OrderReport) -> OrderReport:
    """Return what reports must share to be combined: the order, its terms and its status."""
    return replace(report, filled=None, cost=None, reported_at=None, fills=(), raw={})


def _read_terms(report: OrderReport) -> OrderReport:
    return replace(_without_progress(report), status="new", raw_status=None)


def _can_combine(earlier: OrderReport, later: OrderReport) -> bool:
    """Keep a repeated fill apart: within one report, fills without an id of their own are two."""
    trade_ids = [fill.trade_id for fill in (*earlier.fills, *later.fills)]
    return all(trade_ids) and len(set(trade_ids)) == len(trade_ids)


def _combine_pair(earlier: OrderReport, later: OrderReport) -> OrderReport:
    furthest = earlier if (earlier.filled or 0) > (later.filled or 0) else later
    times = [at for at in (earlier.reported_at, later.reported_at) if at]
    fills = (*earlier.fills, *later.fills)
    return replace(furthest, reported_at=max(times, default=None), fills=fills)
