"""What is recorded of runs: real results, and few rows for jobs that run every second."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django import DjangoAssertNumQueries

from operations.jobs import record
from operations.jobs.payloads import job_row
from operations.jobs.record import RunFacts, RunResult
from operations.jobs.run_tracker import RunTracker
from operations.models import JobRun, JobState


@pytest.fixture
def job(db: None) -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    return PeriodicTask.objects.create(name="Quick", task="bots.evaluate_due", interval=interval)


def make_facts(job: PeriodicTask, **changes: Any) -> RunFacts:
    facts: dict[str, Any] = {"worker": "w1", "interval": 1.0, "is_manual": False}
    return RunFacts(job=job.name, run_id=uuid.uuid4(), **facts | changes)


def do_run(tracker: RunTracker, facts: RunFacts, *, error: str = "") -> None:
    tracker.begin_run(facts)
    tracker.end_run(facts.run_id, is_failed=bool(error), message=error)


def read_state(job: PeriodicTask) -> tuple[str, int, int]:
    state = JobState.objects.get(job=job)
    return state.result, state.runs, state.failures


@pytest.mark.usefixtures("empty_redis")
def test_a_quick_job_costs_little_and_its_failure_shows_at_once(
    job: PeriodicTask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tracker = RunTracker()
    do_run(tracker, make_facts(job))
    assert read_state(job) == ("done", 1, 0)
    with django_assert_num_queries(0):
        for _ in range(100):
            do_run(tracker, make_facts(job))
    do_run(tracker, make_facts(job), error="ValueError: no")
    assert read_state(job) == ("failed", 102, 1)
    do_run(tracker, make_facts(job))
    assert read_state(job) == ("done", 103, 1)
    [kept] = JobRun.objects.all()
    assert (kept.state, kept.message, kept.trigger) == ("failed", "ValueError: no", "schedule")
    do_run(tracker, make_facts(job, interval=3600.0))
    assert JobRun.objects.count() == 2
    assert tracker.open_runs == {}


def test_the_end_of_an_older_run_does_not_end_the_newer_one(job: PeriodicTask) -> None:
    now = timezone.now()
    old, new = make_facts(job, interval=None), make_facts(job, interval=None)
    record.begin_run(old, now=now)
    record.begin_run(new, now=now + timedelta(seconds=1))
    ended = RunResult(
        started_at=now, finished_at=now, seconds=0.5, is_failed=True, message="a\x00b" * 1000
    )
    record.end_run(old, ended, failures=1)
    row = job_row(PeriodicTask.objects.get(pk=job.pk), now=now)
    assert (row["state"], row["last_result"], row["failures"]) == ("running", "failed", 1)
    assert len(row["last_message"]) == record.LONGEST_MESSAGE
    later = now + timedelta(seconds=40)
    assert job_row(PeriodicTask.objects.get(pk=job.pk), now=later)["state"] == "unfinished"
    record.renew_runs([new.run_id], now=later)
    assert job_row(PeriodicTask.objects.get(pk=job.pk), now=later)["state"] == "running"
    assert record.close_lost_runs(now=later) == []
    assert record.close_lost_runs(now=later + timedelta(seconds=31)) == [job]
    # A worker that was only frozen wakes: what it says counts.
    record.end_run(new, ended)
    assert JobRun.objects.get(run_id=new.run_id).state == "failed"


def test_old_runs_are_pruned_and_open_ones_stay(job: PeriodicTask, settings: Any) -> None:
    settings.JOB_HISTORY_RUNS = 3
    now = timezone.now()
    waiting = record.request_run(job, by="olga", now=now)
    for _ in range(5):
        run = make_facts(job, interval=None)
        record.begin_run(run, now=now)
        ended = RunResult(started_at=now, finished_at=now, seconds=0.1, is_failed=False, message="")
        record.end_run(run, ended)
    assert record.prune_runs() == 2
    assert JobRun.objects.filter(pk=waiting.pk).exists()
    assert JobRun.objects.count() == 4
    assert record.prune_runs() == 0


def test_a_job_that_no_worker_takes_waits(job: PeriodicTask) -> None:
    now = timezone.now()
    JobState.objects.create(job=job, created_at=now - timedelta(hours=1))
    assert job_row(job, now=now)["state"] == "new"
    job.last_run_at = now
    assert job_row(job, now=now)["state"] == "waiting"


def test_a_job_deleted_meanwhile_is_no_error(job: PeriodicTask) -> None:
    facts = make_facts(job, interval=None)
    tracker = RunTracker()
    tracker.begin_run(facts)
    PeriodicTask.objects.all().delete()
    tracker.end_run(facts.run_id, is_failed=False, message="")
    assert JobState.objects.count() == JobRun.objects.count() == 0


def run_command(*words: str) -> tuple[int, str]:
    from io import StringIO

    out = StringIO()
    with pytest.raises(SystemExit) as exit_info:
        call_command("jobs", *words, stdout=out)
    return int(str(exit_info.value.code)), out.getvalue()


def test_the_command_lists_pauses_and_refuses(job: PeriodicTask) -> None:
    from django.core.management.base import CommandError

    assert run_command("pause", "quick") == (0, "Quick is now paused.\n")
    assert run_command("pause", str(job.pk)) == (0, "Quick is already paused.\n")
    code, text = run_command("list", "--json")
    assert (code, '"paused": true' in text) == (0, True)
    assert run_command("resume", "Quick")[1] == "Quick is now in the timetable.\n"
    assert run_command("history", "Quick") == (0, "No run of it is kept.\n")
    code, text = run_command("status")
    assert (code, "none is active" in text) == (1, True)
    with pytest.raises(CommandError, match="Which job") as refused:
        call_command("jobs", "pause", "nothing")
    assert refused.value.returncode == 2
    PeriodicTask.objects.update(name="Check pending orders")
    with pytest.raises(CommandError, match="is protected"):
        call_command("jobs", "pause", "check pending orders")
