"""Combine the reports of a burst, so that an order with many fills is written in steps. Pure.

Venues report every fill with the whole order. Writing each report by itself costs a commit and a
reading of all earlier fills, so a stream fell behind and the check overtook it.
"""

from collections.abc import Iterable
from dataclasses import replace

from exchanges.base import OrderReport


def combine_reports(reports: Iterable[OrderReport]) -> list[OrderReport]:
    """Combine the reports of an order that differ in how far it is filled and in nothing else.

    A combined report says what the furthest one says, with the fills of all of them in their order.
    Merging it gives the state that merging them one by one gives.
    """
    combined: dict[OrderReport, list[OrderReport]] = {}
    for report in reports:
        alike = combined.setdefault(_without_progress(report), [])
        if alike and _can_combine(alike[-1], report):
            alike[-1] = _combine_pair(alike[-1], report)
        else:
            alike.append(report)
    return [report for alike in combined.values() for report in alike]


def _without_progress(report: OrderReport) -> OrderReport:
    """Return what reports must share to be combined: the order, its terms and its status."""
    return replace(report, filled=None, cost=None, reported_at=None, fills=(), raw={})


def _can_combine(earlier: OrderReport, later: OrderReport) -> bool:
    """Keep a repeated fill apart: within one report, fills without an id of their own are two."""
    trade_ids = [fill.trade_id for fill in (*earlier.fills, *later.fills)]
    return all(trade_ids) and len(set(trade_ids)) == len(trade_ids)


def _combine_pair(earlier: OrderReport, later: OrderReport) -> OrderReport:
    furthest = earlier if (earlier.filled or 0) > (later.filled or 0) else later
    return replace(furthest, fills=(*earlier.fills, *later.fills))
