"""Exactly one beat is active, another takes over, and no job waits anew when beat restarts."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from config import beat_scheduler
from config.beat_scheduler import ProtectedScheduler
from config.launcher import processes
from operations.jobs import beat_lock
from operations.models import BeatLease
from tests.failures.harness.processes import KillableProcess
from tests.services import process_environment, wait_until


@pytest.fixture
def beats(worker: None) -> Iterator[tuple[KillableProcess, KillableProcess]]:
    # At the usual level beat does not tell of each job: that would be four lines a second.
    environment = process_environment() | {"BEAT_LEASE_SECONDS": "4", "LOG_LEVEL": "DEBUG"}
    part = processes.beat_part(environment=environment)
    pair = tuple(KillableProcess(replace(part, name=name)) for name in ("first", "second"))
    for process in pair:
        process.log.unlink(missing_ok=True)
    try:
        yield pair[0], pair[1]
    finally:
        for process in pair:
            if process.is_alive():
                process.thaw()
            process.end()


def find_active() -> int | None:
    """Return the process id of the beat that holds the lease."""
    holder = beat_lock.find_holder(connection)
    return int(holder.host.rpartition(":")[2]) if holder else None


def count_sent(process: KillableProcess) -> int:
    return process.log.read_text().count("job queued")


def test_a_beat_that_ends_dies_or_freezes_is_replaced(
    beats: tuple[KillableProcess, KillableProcess],
) -> None:
    first, second = beats
    first.start()
    wait_until(lambda: find_active() == first.pid, what="the first is active")
    wait_until(lambda: count_sent(first) > 0, what="the first sends jobs")
    second.start()
    wait_until(lambda: "another beat runs" in second.log.read_text(), what="the second waits")
    assert count_sent(second) == 0

    first.freeze()
    wait_until(lambda: find_active() == second.pid, what="the second is active")
    wait_until(lambda: count_sent(second) > 0, what="the second sends jobs")
    sent = count_sent(first)
    first.thaw()
    wait_until(lambda: not first.is_alive(), what="the first has ended")
    assert "another beat took over" in first.log.read_text()
    # The lease is proved before each job: the one that the freeze interrupted may still be queued.
    assert count_sent(first) - sent <= 1

    first.start()
    second.kill()  # its lease is two seconds old at most, and it is not waited for
    wait_until(lambda: find_active() == first.pid, what="the first is active again")
    first.end()
    assert find_active() is None


def test_a_silent_or_dead_holder_loses_the_lease_and_a_live_one_keeps_it(
    db: None, settings: Any
) -> None:
    settings.BEAT_LEASE_SECONDS = 60.0
    first = beat_lock.take_lease()
    assert first
    assert beat_lock.take_lease() is None  # we are alive
    since = beat_lock.locked_since(connection)
    assert since
    BeatLease.objects.update(ticked_at=timezone.now() - timedelta(seconds=61))
    assert beat_lock.locked_since(connection) is None
    assert beat_lock.renew_lease(first)  # it was silent, but nobody has taken over
    BeatLease.objects.update(ticked_at=timezone.now() - timedelta(seconds=61))
    second = beat_lock.take_lease()
    assert second
    assert not beat_lock.renew_lease(first)
    beat_lock.release_lease(first)  # too late: it is not the first one's any more
    assert beat_lock.locked_since(connection)
    process = BeatLease.objects.get().process
    BeatLease.objects.update(process=process.rpartition("/")[0] + "/1.00")  # its id was used again
    assert beat_lock.take_lease()
    BeatLease.objects.update(process="another-machine/" + process)
    assert beat_lock.take_lease() is None


def test_a_slow_start_keeps_its_lease_and_is_no_hang(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = beat_lock.take_lease()
    long_ago = timezone.now() - timedelta(minutes=1)
    BeatLease.objects.update(ticked_at=long_ago)  # as after a minute without a processor
    monkeypatch.setattr(ProtectedScheduler, "lease", lease)
    monkeypatch.setattr(ProtectedScheduler, "last_tick", time.monotonic() - 60)
    monkeypatch.setattr(ProtectedScheduler, "_renewed_at", time.monotonic() - 60)
    ProtectedScheduler.Entry.from_entry(
        "Hourly", app=current_app, task="test.hourly", schedule=3600.0
    )
    assert beat_lock.locked_since(connection)
    assert beat_scheduler.seconds_since_tick() < settings.BEAT_HANG_SECONDS


def test_a_job_that_waited_for_three_intervals_is_dropped(db: None) -> None:
    """Otherwise a worker that comes back does hours of sweeps, one after the other."""
    schedule = settings.CELERY_BEAT_SCHEDULE
    entries = {
        name: ModelEntry.from_entry(name, app=current_app, **job) for name, job in schedule.items()
    }
    expires = {name: entry.options.get("expires") for name, entry in entries.items()}
    assert (expires["Check pending orders"], expires["Evaluate bots"]) == (15, 10)
    assert expires["Prune old events"] is None


# Due times are kept over restarts


class RecordingScheduler(ProtectedScheduler):
    """Beat's scheduler, which notes what it would send."""

    producer = None

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.is_broken = False
        super().__init__(current_app)

    def apply_async(self, entry: Any, **_: Any) -> None:
        if self.is_broken:
            raise ConnectionError("no broker")
        self.sent.append(entry.name)

    def send_due(self) -> list[str]:
        """Tick until nothing is due; return what was sent since the last call."""
        while self.tick() <= 0:
            pass
        sent, self.sent = self.sent, []
        return sent


@pytest.fixture
def start_scheduler(transactional_db: None) -> Iterator[Callable[[], RecordingScheduler]]:
    """Start a scheduler with an hourly and a daily job, as a restart of beat does."""
    shipped = current_app.conf.beat_schedule
    current_app.conf.beat_schedule = {
        "Hourly": {"task": "test.hourly", "schedule": 3600.0},
        "Often": {"task": "test.often", "schedule": 100.0},
        "At three": {"task": "test.daily", "schedule": crontab(hour="3", minute="0")},
    }
    yield RecordingScheduler
    current_app.conf.beat_schedule = shipped


def test_slow_jobs_run_where_beat_restarts_more_often_than_they_are_due(
    start_scheduler: Callable[[], RecordingScheduler],
) -> None:
    start = timezone.now().replace(hour=10, minute=0, second=0)
    sent = {}
    for minutes in (0, 30, 60, 90, 120, 150):
        with time_machine.travel(start + timedelta(minutes=minutes, seconds=minutes)):
            sent[minutes] = set(start_scheduler().send_due())
    often, both = {"Often"}, {"Often", "Hourly"}
    assert sent == {0: set(), 30: often, 60: both, 90: often, 120: both, 150: often}
    with time_machine.travel(start + timedelta(days=1)):  # beat was away at three o'clock
        assert sorted(start_scheduler().send_due()) == ["At three", "Hourly", "Often"]
        assert start_scheduler().send_due() == []


def test_a_job_that_is_not_queued_is_tried_again_soon(
    start_scheduler: Callable[[], RecordingScheduler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beat_scheduler, "RETRY_SECONDS", 0.3)
    start = timezone.now().replace(hour=10)
    with time_machine.travel(start) as clock:
        both = ["Hourly", "Often"]
        beat = start_scheduler()
        assert beat.send_due() == []
        clock.shift(3601)
        beat.is_broken = True
        assert beat.send_due() == []
        beat.is_broken = False
        assert beat.send_due() == []  # not at once: the broker gets a moment
        assert sorted(wait_until(beat.send_due, what="the jobs are queued")) == both
        assert beat.send_due() == []
        clock.shift(3595)
        assert beat.send_due() == ["Often"]
        clock.shift(6)
        assert beat.send_due() == ["Hourly"]
    counts = PeriodicTask.objects.values_list("name", "total_run_count")
    assert dict(counts) == {"Hourly": 2, "Often": 2, "At three": 0}


class CountingScheduler(ProtectedScheduler):
    """Beat's scheduler, which counts how often it reads all due times."""

    reads = 0

    def populate_heap(self, *args: Any, **options: Any) -> None:
        self.reads += 1
        super().populate_heap(*args, **options)


def test_all_due_times_are_read_once_not_after_each_job(
    start_scheduler: Callable[[], RecordingScheduler],
) -> None:
    with time_machine.travel(timezone.now().replace(hour=10)) as clock:
        beat = CountingScheduler(current_app)
        for _ in range(2):
            clock.shift(101)
            while beat.tick() <= 0:
                pass
        assert beat.schedule["Often"].total_run_count == 2
    assert beat.reads == 1


def test_what_people_change_is_not_overwritten_by_the_last_run(
    start_scheduler: Callable[[], RecordingScheduler],
) -> None:
    with time_machine.travel(timezone.now()) as clock:
        beat = start_scheduler()
        beat.send_due()
        clock.shift(101)
        PeriodicTask.objects.filter(name="Often").update(enabled=False, description="paused")
        assert beat.send_due() == ["Often"]  # it has not heard of the change yet
    job = PeriodicTask.objects.get(name="Often")
    assert (job.enabled, job.description, job.total_run_count) == (False, "paused", 1)
