"""What /metrics tells of services, queues, jobs, alerts and messages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from operations.health.metrics.endpoint import render_metrics
from operations.models import (
    Alert,
    AlertLevel,
    BackupRun,
    JobRunState,
    JobState,
    NotificationWay,
    OutboxMessage,
)
from users.models import User

NOWHERE = "redis://127.0.0.1:1/0"


def read_metrics() -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels."""
    families = text_string_to_metric_families(render_metrics().decode())
    return {
        (sample.name.removeprefix("fillwatch_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def record_job(name: str, **fields: Any) -> None:
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="days")
    job = PeriodicTask.objects.create(name=name, task="orders.check_key", interval=every)
    JobState.objects.create(job=job, created_at=timezone.now(), **fields)


def record_message(way: NotificationWay, number: int, **fields: Any) -> None:
    OutboxMessage.objects.create(
        **{
            **{"user": way.user, "way": way, "cause": f"test:{number}", "message_id": str(number)},
            **{"category": "orders", "level": "info", "title": "A fill"},
            **{"created_at": timezone.now(), "due_at": timezone.now(), **fields},
        }
    )


@pytest.mark.usefixtures("empty_redis")
def test_services_queues_and_the_machine(db: None, empty_redis: None) -> None:
    shown = read_metrics()
    assert shown["service_status", "redis"] == 2
    assert shown["service_status", "beat"] == 0
    assert 0 < shown["service_response_seconds", "postgresql"] < 2
    assert shown["queue_depth", "monitor"] == shown["queue_oldest_seconds", "default"] == 0
    assert shown["check_overruns_this_hour",] == 0
    assert 0 < shown["disk_free_bytes",] <= shown["disk_total_bytes",]
    assert abs(shown["clock_offset_seconds",]) < 5


def test_jobs_with_their_newest_result(db: None, empty_redis: None) -> None:
    ended = timezone.now() - timedelta(hours=2)
    done = {"result": JobRunState.DONE, "seconds": 1.5, "finished_at": ended}
    record_job("A good job", runs=7, **done)
    record_job("A bad job", runs=3, failures=2, result=JobRunState.FAILED)
    shown = read_metrics()
    assert (shown["job_failed", "A good job"], shown["job_failed", "A bad job"]) == (0, 1)
    assert shown["job_runs_total", "A good job"] == 7
    assert shown["job_failures_total", "A bad job"] == 2
    assert shown["job_seconds", "A good job"] == 1.5
    assert 7200 <= shown["job_age_seconds", "A good job"] < 7300
    assert ("job_age_seconds", "A bad job") not in shown


def test_alerts_and_messages_by_state(user: User, empty_redis: None) -> None:
    now = timezone.now()
    Alert.objects.create(user=user, name="a", level=AlertLevel.CRITICAL, title="A", began_at=now)
    Alert.objects.create(user=user, name="b", title="B", began_at=now, ended_at=now)
    way = NotificationWay.objects.create(user=user, kind="webhook", name="mine", created_at=now)
    record_message(way, 1, due_at=now - timedelta(minutes=10))
    record_message(way, 2, status="collected")
    record_message(way, 3, status="sent", done_at=now - timedelta(minutes=59))
    record_message(way, 4, status="dead", done_at=now - timedelta(minutes=61))
    shown = read_metrics()
    assert (shown["alerts_open", "critical"], shown["alerts_open", "warning"]) == (1, 0)
    assert (shown["outbox_messages", "waiting"], shown["outbox_messages", "collected"]) == (1, 1)
    assert 600 <= shown["outbox_late_seconds",] < 700
    assert shown["outbox_done_last_hour", "sent"] == 1
    assert shown["outbox_done_last_hour", "dead"] == 0


def test_without_redis_what_the_database_knows_is_told(db: None, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE
    shown = read_metrics()
    assert (shown["service_status", "redis"], shown["service_status", "postgresql"]) == (0, 2)
    assert shown["outbox_messages", "waiting"] == 0
    assert ("queue_depth", "monitor") not in shown


def test_the_last_backup(db: None) -> None:
    assert ("backup_age_seconds",) not in read_metrics(), "no job makes any"
    record_job("Back up the database")
    assert read_metrics()["backup_age_seconds",] < 60
    at = timezone.now() - timedelta(hours=2)
    made = {"name": "x", "started_at": at, "finished_at": at, "verified_at": at}
    BackupRun.objects.create(is_done=True, size=1_000, **made)
    shown = read_metrics()
    assert 7_200 <= shown["backup_age_seconds",] < 7_300
    assert 7_200 <= shown["backup_verified_age_seconds",] < 7_300
    assert (shown["backup_size_bytes",], shown["backup_failed",]) == (1_000, 0)
    BackupRun.objects.create(name="y", is_done=False, started_at=at, finished_at=timezone.now())
    assert read_metrics()["backup_failed",] == 1
