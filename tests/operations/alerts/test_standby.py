"""Alerts are raised and told while no worker evaluates rules: by one stream process, once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from operations.alerts import evaluate, standby
from operations.alerts.rules import defaults
from operations.health import present
from operations.health.service_status import ServiceStatus
from operations.jobs import record
from operations.models import Alert, AlertRule, JobState, OutboxMessage
from operations.notifications.ways.actions import add_webhook
from tests.operations.notifications.receivers import receive_http
from tests.orders.reports import NOON
from tests.services import list_queued, wait_until
from users.models import User

LATE, EVERY = timedelta(seconds=20), timedelta(seconds=10)


def create_job(**state: Any) -> PeriodicTask:
    every = IntervalSchedule.objects.create(every=10, period=IntervalSchedule.SECONDS)
    task = "operations.evaluate_alerts"
    job = PeriodicTask.objects.create(name=standby.JOB, task=task, interval=every)
    known: dict[str, Any] = {"created_at": NOON - timedelta(days=1), "worker": "celery@desk"}
    JobState.objects.create(job=job, **(known | state))
    return job


@pytest.mark.django_db
def test_one_process_stands_in_until_a_worker_is_back() -> None:
    job = create_job(finished_at=NOON, alive_at=NOON)

    def is_claimed(seconds: float) -> bool:
        now = NOON + timedelta(seconds=seconds)
        return bool(record.claim_late_run(job, worker="a", late=LATE, every=EVERY, now=now))

    assert [is_claimed(seconds) for seconds in (19, 21, 22, 30, 32)] == [
        *(False, True, False, False, True)
    ]
    JobState.objects.update(worker="celery@desk", alive_at=NOON + timedelta(seconds=60))
    assert [is_claimed(seconds) for seconds in (71, 79, 81)] == [False, False, True]


@pytest.mark.django_db
def test_nobody_stands_in_for_a_timetable_that_has_just_begun() -> None:
    job = create_job(created_at=NOON)
    arguments: dict[str, Any] = {"worker": "a", "late": LATE, "every": EVERY}
    assert record.claim_late_run(job, **arguments, now=NOON + LATE) is None
    assert record.claim_late_run(job, **arguments, now=NOON + LATE + EVERY) is not None


@pytest.mark.usefixtures("transactional_db", "empty_redis")
def test_a_missing_worker_is_told_once(staff_user: User, settings: Any) -> None:
    settings.NOTIFICATION_ALLOW_NETWORKS = ["127.0.0.0/8"]
    settings.FILLWATCH_ROLE = "stream"
    User.objects.filter(pk=staff_user.pk).update(is_superuser=True)
    now = timezone.now() - timedelta(minutes=1)  # all is due by the clock of those who send
    job = create_job(created_at=now - timedelta(days=1))
    with receive_http() as receiver:
        add_webhook(staff_user, "Desk", f"{receiver.url}/hook", now=now)
        assert standby.evaluate_if_late(now=now)
        assert not standby.evaluate_if_late(now=now + timedelta(seconds=5))
        assert standby.evaluate_if_late(now=now + timedelta(seconds=30))
        wait_until(lambda: not OutboxMessage.objects.filter(status="waiting").exists())
        titles = [one.read_json()["data"]["title"] for one in receiver.received]
    assert titles.count("Worker: down") == 1
    assert list_queued() == []  # nothing waits for a queue, which may be what is away
    assert Alert.objects.filter(title="Worker: down", ended_at=None).count() == 1
    state = JobState.objects.get(job=job)
    assert (state.result, state.worker.startswith(record.STAND_IN)) == ("done", True)
    assert state.message == "Done by a stream process, as no worker did it."


@pytest.mark.usefixtures("db", "empty_redis")
def test_the_health_is_read_once_for_all_rules(
    staff_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a server hangs each reading takes seconds, and the alert waits for the last one."""
    readings: list[datetime] = []
    read_services = present.read_services

    def read_and_count(now: datetime) -> list[ServiceStatus]:
        readings.append(now)
        return read_services(now)

    monkeypatch.setattr(present, "read_services", read_and_count)
    defaults.add_missing(now=NOON)
    evaluate.evaluate_rules(now=NOON)
    kinds = {rule.kind for rule in AlertRule.objects.filter(is_active=True)}
    assert {"service_down", "sweep_late", "venue_closed", "queue_grows", "disk_full"} <= kinds
    assert readings == [NOON]
