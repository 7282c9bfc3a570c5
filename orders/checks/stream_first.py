"""Let a stream that is telling what happens to an order tell it first; the check only fills gaps.

A check's answer overtakes the reports that wait in the stream process while many fills arrive. So
an answer with news about an order of which the stream has just told waits a moment. A stream that
is silent is not waited for: what it did not tell is recorded at once.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from django.utils import timezone

from exchanges.base import OrderReport
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from orders.checks import unchanged
from orders.checks.ask_venue import Answers
from orders.models import Order, OrderChange

JUST_NOW: Final = timedelta(seconds=2)
GRACE_SECONDS: Final = 1.0  # for all keys of a check together
LOOK_SECONDS: Final = 0.05
Answered = tuple[ExchangeKey, Answers | Exception]
Reports = Mapping[int, OrderReport]  # by the order's id


def postpone_told(answered: Iterable[Answered], orders: dict[int, Order]) -> Iterator[Answered]:
    """Return the answers of keys whose streams are telling the same last, after a moment.

    Their orders are read anew, as the stream has changed them.
    """
    postponed: list[tuple[ExchangeKey, Answers]] = []
    for key, answers in answered:
        if isinstance(answers, Answers) and _is_telling(key, answers.reports, orders):
            postponed.append((key, answers))
        else:
            yield key, answers
    reports = {pk: report for _, answers in postponed for pk, report in answers.reports.items()}
    if reports:
        _wait_until_told(reports)
        orders |= {order.pk: order for order in Order.objects.filter(pk__in=reports)}
    yield from postponed


def _is_telling(key: ExchangeKey, reports: Reports, orders: Mapping[int, Order]) -> bool:
    """Tell whether reports have news about orders of which the key's stream has just told."""
    now = timezone.now()
    if not leases.is_complete(key, now=now):
        return False
    news = [
        pk
        for pk, report in reports.items()
        if not unchanged.changes_nothing(orders[pk], report, now=now)
    ]
    if not news:
        return False
    recent = OrderChange.objects.filter(source="stream", at__gte=now - JUST_NOW)
    return recent.filter(order__in=news).exists()


def _wait_until_told(reports: Reports) -> None:
    """Wait until these orders are filled as far as the reports say, but only for a moment."""
    deadline = time.monotonic() + GRACE_SECONDS
    while _is_behind(reports) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _is_behind(reports: Reports) -> bool:
    rows = Order.objects.filter(pk__in=reports).values_list("pk", "fills_quantity")
    return any(known < (reports[pk].filled or 0) for pk, known in rows)
