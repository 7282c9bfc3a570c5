"""The jobs: make the report of the newest period for everybody whose one is over.

They run every quarter of an hour, as midnight comes at another moment in each time zone. A minute
after it the last fills are counted.
"""

import time
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Exists, OuterRef, Q

from bots.pnl import fill_counter
from exchanges.models import ExchangeKey
from operations.models import PeriodReport, ReportKind
from operations.reports.periods import LENGTHS, ReportPeriod, find_last_period
from operations.reports.record import OPERATORS, ReportOwner, make_report
from orders.models import Fill
from users.models import KeyGrant, User

log = structlog.get_logger(__name__)

ONE_DAY: Final = timedelta(days=1)  # zones lie up to so much apart
MOST_BATCHES: Final = 20  # of a key's fills that are counted first
Due = tuple[ReportOwner, ReportPeriod]


class ReportsFailed(Exception):
    """Some reports could not be made; the log says of whom."""


def make_due(kind: ReportKind, *, now: datetime, seconds: float) -> str:
    """Make the reports that are missing, for so long at most; the next run goes on."""
    until, made, failed = time.monotonic() + seconds, 0, 0
    for owner, period in list_due(kind, now=now):
        if time.monotonic() > until:
            log.info("reports not all made", kind=kind, made=made)
            break
        try:
            _count_fills(owner)
            made += make_report(owner, period, now=now, tells=True)[1]
        except Exception:  # others must still get theirs
            log.exception("report not made", kind=kind, user_id=owner.user_id)
            failed += 1
    if failed:
        raise ReportsFailed(f"{failed} {kind} reports could not be made.")
    return f"made: {made}" if made else ""


def list_due(kind: ReportKind, *, now: datetime) -> list[Due]:
    """List who lacks the report of the newest period: operators, then users with a key."""
    recent = PeriodReport.objects.filter(kind=kind, until__gt=now - 2 * LENGTHS[kind] - ONE_DAY)
    done = set(recent.order_by().values_list("user", "starts_on"))
    due: list[Due] = []
    for owner in _list_owners():
        period = find_last_period(kind, owner.zone, now=now)
        is_older = owner.user is None or owner.user.date_joined < period.until
        if is_older and (owner.user_id, period.starts_on) not in done:
            due.append((owner, period))
    return due


def _list_owners() -> list[ReportOwner]:
    """List the operators as one owner, and the users who have a key or share one."""
    has_key = Exists(ExchangeKey.objects.filter(user=OuterRef("pk")))
    shares = Exists(KeyGrant.objects.filter(member=OuterRef("pk"), accepted_at__isnull=False))
    users = User.objects.filter(Q(has_key) | Q(shares), is_active=True).order_by("pk")
    return [OPERATORS, *map(ReportOwner, users)]


def _count_fills(owner: ReportOwner) -> None:
    """Count what waits to be counted, so that a report is complete."""
    if owner.user is None:
        return
    waiting = Fill.objects.filter(user=owner.user_id, is_counted=False).order_by()
    for key_id in set(waiting.values_list("key", flat=True).distinct()):
        for _ in range(MOST_BATCHES):
            if not fill_counter.count_fills(key_id):
                break
