"""The figures of the operators' report: services, alerts, peaks, jobs, backups, messages, people.

It is about days of UTC. What was deleted since, or never recorded, is null and never zero.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Max, Sum

from exchanges.models import ExchangeKey
from operations.alerts.evaluators.registry import OPERATOR_KINDS
from operations.health import history
from operations.health.series.buckets import COARSE, KEPT
from operations.models import (
    Alert,
    AlertRule,
    BackupRun,
    FigureBucket,
    HealthHour,
    JobRun,
    JobRunState,
    OutboxMessage,
)
from operations.reports.figures import installation_days
from operations.reports.periods import ReportPeriod
from realtime.values import format_time
from users.models import User

VERSION: Final = 1
ZONE: Final = "UTC"
PEAKS: Final = "^(queue:|budget:|sweep_seconds$|sockets$)"
BAD: Final = (JobRunState.FAILED, JobRunState.UNFINISHED)
Row = dict[str, Any]


def build_figures(period: ReportPeriod, *, now: datetime) -> Row:
    return {
        "version": VERSION,
        "services": _list_services(period, now),
        "alerts": _list_alerts(period, now),
        "jobs": _list_jobs(period),
        "backups": _count_backups(period, now),
        "messages": _count_messages(period, now),
        "people": _count_people(period),
        "peaks": _list_peaks(period, now),
        "days": installation_days.list_days(period, now=now),
    }


def _list_services(period: ReportPeriod, now: datetime) -> list[Row] | None:
    """List the uptime and response times of each service, as health checks measured them."""
    if period.since < now - KEPT[COARSE]:
        return None
    hours = HealthHour.objects.filter(hour__gte=period.since, hour__lt=period.until).order_by()
    sums = hours.values("service").annotate(
        healthy_sum=Sum("healthy"),
        degraded_sum=Sum("degraded"),
        down_sum=Sum("down"),
        answers=Sum("responses"),
        took=Sum("response_ms_sum"),
        worst=Max("response_ms_max"),
    )
    rows: list[Any] = list(sums.order_by("service"))
    return [_describe_service(row, period) for row in rows]


def _describe_service(row: Row, period: ReportPeriod) -> Row:
    checks = row["healthy_sum"] + row["degraded_sum"] + row["down_sum"]
    expected = (period.until - period.since).total_seconds() / history.EVERY_SECONDS
    return {
        "service": row["service"],
        "checks": checks,
        "up_share": round(1 - row["down_sum"] / checks, 5) if checks else None,
        "healthy_share": round(row["healthy_sum"] / checks, 5) if checks else None,
        "measured_share": round(min(1.0, checks / expected), 5),
        "average_ms": round(row["took"] / row["answers"], 1) if row["answers"] else None,
        "worst_ms": None if row["worst"] is None else round(row["worst"], 1),
    }


def _list_peaks(period: ReportPeriod, now: datetime) -> list[Row] | None:
    """List the highest of each figure that health checks measured."""
    if period.since < now - KEPT[COARSE]:
        return None
    buckets = FigureBucket.objects.filter(
        minutes=COARSE, at__gte=period.since, at__lt=period.until, series__regex=PEAKS
    )
    peaks = buckets.order_by("series").values_list("series").annotate(Max("highest"))
    return [{"series": series, "highest": highest} for series, highest in peaks]


def _list_alerts(period: ReportPeriod, now: datetime) -> list[Row] | None:
    """Count the alerts of each kind, and for how long one was open. Copies count once.

    A kind whose rule is switched off and raised none is null: nobody watched for it.
    """
    if period.since < now - timedelta(days=settings.RECORD_DAYS):
        return None
    found = Alert.objects.filter(rule__user=None, rule__isnull=False, began_at__lt=period.until)
    rows = found.exclude(ended_at__lt=period.since).values_list(
        "rule__kind", "name", "began_at", "ended_at"
    )
    spans: dict[str, dict[tuple[str, datetime], tuple[datetime, datetime]]] = defaultdict(dict)
    for kind, name, began_at, ended_at in rows:
        span = max(began_at, period.since), min(ended_at or now, period.until)
        spans[kind][name, began_at] = span
    watched = set(
        AlertRule.objects.filter(user=None, is_active=True).values_list("kind", flat=True)
    )
    listed = []
    for kind, described in OPERATOR_KINDS.items():
        times = len(spans[kind]) if kind in watched or spans[kind] else None
        seconds = sum((end - begin).total_seconds() for begin, end in spans[kind].values())
        row: Row = {"kind": kind, "label": described.label, "times": times}
        listed.append(row | {"seconds": None if times is None else round(seconds)})
    return listed


def _list_jobs(period: ReportPeriod) -> list[Row]:
    """List the jobs with runs that failed, or that were lost with their worker."""
    runs = JobRun.objects.filter(
        started_at__gte=period.since, started_at__lt=period.until, state__in=BAD
    )
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    numbers = runs.order_by().values_list("job__name", "state").annotate(Count("pk"))
    for job, state, number in numbers:
        counts[job][state] = number
    return [
        {"job": job, "failed": states["failed"], "unfinished": states["unfinished"]}
        for job, states in sorted(counts.items())
    ]


def _count_backups(period: ReportPeriod, now: datetime) -> Row | None:
    if period.since < now - timedelta(days=settings.RECORD_DAYS):
        return None
    runs = BackupRun.objects.filter(
        finished_at__gte=period.since, finished_at__lt=period.until
    ).order_by("-finished_at")
    made = [run for run in runs if run.is_done]
    failed = [run for run in runs if not run.is_done]
    return {
        "made": len(made),
        "failed": len(failed),
        "newest_at": format_time(made[0].finished_at) if made else None,
        "newest_bytes": made[0].size if made else None,
        "last_failure": failed[0].message if failed else "",
    }


def _count_messages(period: ReportPeriod, now: datetime) -> Row | None:
    """Count what was sent and given up by all ways."""
    if period.since < now - timedelta(days=settings.NOTIFICATION_DAYS):
        return None
    done = OutboxMessage.objects.filter(done_at__gte=period.since, done_at__lt=period.until)
    counts = dict(done.order_by().values_list("status").annotate(Count("pk")))
    return {"sent": counts.get("sent", 0), "dead": counts.get("dead", 0)}


def _count_people(period: ReportPeriod) -> Row:
    """Count users and keys as they are when the report is made, and those who came."""
    came = {"date_joined__gte": period.since, "date_joined__lt": period.until}
    return {
        "users": User.objects.filter(is_active=True).count(),
        "new_users": User.objects.filter(**came).count(),
        "keys": ExchangeKey.objects.count(),
        "active_keys": ExchangeKey.objects.filter(is_active=True).count(),
        "keys_with_trouble": ExchangeKey.objects.exclude(last_error="").count(),
    }
