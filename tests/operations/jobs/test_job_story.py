"""An operator looks at the timetable, pauses a job, runs one now, and reads what happened."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection, transaction
from django.db.models import F
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.launcher import processes
from operations.models import JobRun, JobState
from tests.failures.harness.processes import KillableProcess
from tests.operations.conftest import Ask
from tests.services import process_environment, wait_until
from users.models import User


@pytest.fixture
def call(ask: Ask, staff_user: User) -> Callable[..., Any]:
    def send(method: str, path: str, body: Any = None) -> Any:
        answer = ask(staff_user, method, f"scheduler/{path}", body)
        assert answer.status_code < 300, answer.content
        return answer.json() if answer.content else None

    return send


def find(call: Callable[..., Any], name: str) -> dict[str, Any]:
    [row] = [row for row in call("GET", "jobs/") if row["name"] == name]
    return dict(row)


def test_an_operator_follows_the_timetable(
    start_beat: Callable[..., None], call: Callable[..., Any]
) -> None:
    start_beat(ORDER_CHECK_SECONDS="1")

    def sweep() -> dict[str, Any]:
        return find(call, "Check pending orders")

    sweeps = PeriodicTask.objects.filter(name="Check pending orders")
    wait_until(sweeps.exists, what="the timetable is there")
    assert call("GET", "status/")["active"]
    wait_until(lambda: sweep()["last_result"] == "done", what="a sweep is recorded")
    first = sweep()
    assert first["protected"]
    assert first["last_seconds"] > 0
    assert first["next_run_at"] > first["started_at"]
    wait_until(lambda: sweep()["runs"] > first["runs"] + 3, what="all runs are counted")
    assert not JobRun.objects.filter(job=first["id"], seconds__lte=1).exists()  # no row for each
    kept = call("GET", f"jobs/{first['id']}/history/")["results"]
    assert all(run["seconds"] > 1 for run in kept)  # of runs longer than the interval

    # A job of the operator's own, paused at once: it runs when it is told to, and only then.
    body = {"name": "Broadcasts", "task": "operations.finish_broadcasts", "every_seconds": 3600}
    made = call("POST", "jobs/", body)
    assert (made["state"], made["schedule"], made["shipped"]) == ("new", "every 3600 s", False)
    paused = call("POST", f"jobs/{made['id']}/pause/")
    assert (paused["paused"], paused["next_run_at"]) == (True, None)
    run = call("POST", f"jobs/{made['id']}/run/")
    assert (run["state"], run["trigger"], run["by"]) == ("waiting", "manual", "olga")
    done = wait_until(lambda: ended_run(call, run["run_id"]), what="the run ends")
    assert (done["state"], done["message"]) == ("done", "")
    assert done["seconds"] is not None
    assert done["worker"]
    [kept] = call("GET", f"jobs/{made['id']}/history/")["results"]
    assert kept == done
    resumed = call("POST", f"jobs/{made['id']}/resume/")
    assert PeriodicTask.objects.get(pk=made["id"]).last_run_at is None  # the schedule stands
    assert resumed["next_run_at"] > done["finished_at"]
    assert find(call, "Broadcasts")["runs"] == 1

    # A job that fails is failed everywhere.
    failing = create_failing_job()
    run = call("POST", f"jobs/{failing.pk}/run/")
    failed = wait_until(lambda: ended_run(call, run["run_id"]), what="the run ends")
    assert (failed["state"], "TypeError" in failed["message"]) == ("failed", True)
    row = find(call, failing.name)
    assert (row["state"], row["last_result"], row["failures"]) == ("failed", "failed", 1)
    assert row["last_message"] == failed["message"]
    assert failing.name in call("GET", "status/")["failed"]

    call("DELETE", f"jobs/{made['id']}/")
    changes = call("GET", "changes/")["results"]
    names = [each["action"] for each in changes if each["job_name"] == "Broadcasts"]
    assert names == ["delete", "resume", "run", "pause", "create"]
    assert {each["by"] for each in changes} == {"olga"}


def ended_run(call: Callable[..., Any], run_id: str) -> dict[str, Any]:
    """Return the run once it has ended, else nothing."""
    run: dict[str, Any] = call("GET", f"runs/{run_id}/")
    return run if run["finished_at"] else {}


def create_failing_job() -> PeriodicTask:
    """Create a job that lacks an argument of its task, as a row made by hand may."""
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    return PeriodicTask.objects.create(
        name="Check no key", task="orders.check_key", interval=interval
    )


@pytest.fixture
def mortal_worker(db: None) -> Iterator[KillableProcess]:
    """A worker with a queue of its own."""
    part = processes.worker_part(environment=process_environment())
    command = [word if word != "monitor,default" else "mortal" for word in part.command]
    process = KillableProcess(replace(part, command=command))
    yield process
    process.end()


def test_a_run_whose_worker_dies_is_not_finished(
    transactional_db: None, mortal_worker: KillableProcess, call: Callable[..., Any]
) -> None:
    current_app.control.purge()
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    job = PeriodicTask.objects.create(
        name="Broadcasts", task="operations.finish_broadcasts", interval=interval, queue="mortal"
    )
    run = call("POST", f"jobs/{job.pk}/run/")
    assert call("GET", f"runs/{run['run_id']}/")["state"] == "waiting"  # no worker yet
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE operations_broadcast IN ACCESS EXCLUSIVE MODE")
        mortal_worker.start()
        kept = JobRun.objects.filter(run_id=run["run_id"])
        wait_until(lambda: kept.get().state == "running", what="the run began")
        began = kept.get().alive_at
        wait_until(lambda: kept.get().alive_at != began, what="its worker is alive")
        mortal_worker.kill()
    assert find(call, "Broadcasts")["state"] == "running"
    for rows in (JobRun, JobState):  # half a minute passes since the worker was heard of
        rows.objects.update(alive_at=F("alive_at") - timedelta(seconds=31))
    assert call("GET", f"runs/{run['run_id']}/")["state"] == "unfinished"
    row = find(call, "Broadcasts")
    assert (row["state"], row["last_result"]) == ("unfinished", "unfinished")
    assert "Broadcasts" in call("GET", "status/")["failed"]
    again = call("POST", f"jobs/{job.pk}/run/")  # the dead run is no longer in the way
    assert JobRun.objects.get(run_id=run["run_id"]).state == "unfinished"
    assert call("GET", f"runs/{again['run_id']}/")["state"] == "waiting"
    current_app.control.purge()
