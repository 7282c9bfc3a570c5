"""Figures from the records of operations: jobs, alerts, messages on their way out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db import Error as DatabaseError
from django.db.models import Count, Min
from prometheus_client.core import Metric

from operations.backup.status import read_status
from operations.health.metrics.families import make_counter, make_gauge
from operations.models import Alert, AlertLevel, JobRunState, JobState, OutboxMessage

log = structlog.get_logger(__name__)
Status = OutboxMessage.OutboxStatus


def collect_records(now: datetime) -> Iterator[Metric]:
    """Yield them, or nothing while the database is away."""
    try:
        yield from (*_describe_jobs(now), *_describe_backups(now))
        yield from (_count_alerts(), *_count_messages(now))
    except DatabaseError as error:
        log.warning("metrics of records not readable", error=str(error))


def _describe_jobs(now: datetime) -> Iterator[Metric]:
    states = list(JobState.objects.filter(job__enabled=True).select_related("job"))
    named = [((state.job.name,), state) for state in states]
    for field, text in (("runs", "Runs of the job."), ("failures", "Runs that failed.")):
        rows = [(name, getattr(state, field)) for name, state in named]
        yield make_counter(f"job_{field}", text, rows, "job")
    failed = [(name, state.result == JobRunState.FAILED) for name, state in named]
    yield make_gauge("job_failed", "1: its newest result is a failure.", failed, "job")
    lasted = [(name, state.seconds) for name, state in named if state.seconds is not None]
    yield make_gauge("job_seconds", "How long its newest run took.", lasted, "job")
    ended = [
        (name, (now - state.finished_at).total_seconds())
        for name, state in named
        if state.finished_at is not None
    ]
    yield make_gauge("job_age_seconds", "Since its newest run ended.", ended, "job")


def _describe_backups(now: datetime) -> Iterator[Metric]:
    known = read_status(now=now)
    for name, text, at in (
        ("age", "Since the last good backup, or since the first one is due.", known.due_since),
        ("verified_age", "Since the last good backup was read again.", known.verified_at),
    ):
        ages = (
            []
            if at is None or not known.is_scheduled
            else [((), max(0.0, (now - at).total_seconds()))]
        )
        yield make_gauge(f"backup_{name}_seconds", text, ages)
    sizes = [((), known.last_size)] if known.last_done_at else []
    yield make_gauge("backup_size_bytes", "Size of the last good backup.", sizes)
    is_bad = bool(known.failure or known.damage)
    yield make_gauge("backup_failed", "1: the newest failed or is damaged.", [((), is_bad)])


def _count_alerts() -> Metric:
    rows = Alert.objects.filter(ended_at=None).order_by().values_list("level").annotate(Count("pk"))
    numbers = dict.fromkeys(AlertLevel.values, 0) | dict(rows)
    named = [((level,), number) for level, number in numbers.items()]
    return make_gauge("alerts_open", "Alerts that have not ended.", named, "level")


def _count_messages(now: datetime) -> Iterator[Metric]:
    """Count by the partial indexes of what waits, and of what was done lately: rows are many."""
    waiting = OutboxMessage.objects.order_by().filter(status=Status.WAITING)
    collected = OutboxMessage.objects.order_by().filter(status=Status.COLLECTED)
    numbers = [((Status.WAITING,), waiting.count()), ((Status.COLLECTED,), collected.count())]
    yield make_gauge("outbox_messages", "Messages that have not left yet.", numbers, "status")
    due = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    late = max(0.0, (now - due).total_seconds()) if due else 0.0
    yield make_gauge("outbox_late_seconds", "How late the longest due message is.", [((), late)])
    lately = OutboxMessage.objects.order_by().filter(done_at__gt=now - timedelta(hours=1))
    found = dict(lately.values_list("status").annotate(Count("pk")))
    done = [((status,), found.get(status, 0)) for status in (Status.SENT, Status.DEAD)]
    yield make_gauge("outbox_done_last_hour", "Messages of the last hour.", done, "status")
