"""Exactly one beat is active, and another takes over when it dies."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection
from django_celery_beat.schedulers import ModelEntry

from config.launcher import processes
from operations.jobs import beat_lock
from tests.services import process_environment, run_part, wait_until


@pytest.mark.django_db(transaction=True)
def test_the_second_beat_waits_and_takes_over(worker: None) -> None:
    part = processes.beat_part(environment=process_environment())
    with run_part(replace(part, name="first-beat")) as _:
        since = wait_until(_locked_since, what="the first is active")
        with run_part(replace(part, name="second-beat")) as log:
            wait_until(lambda: "another beat runs" in log.read_text(), what="the second waits")
            assert _locked_since() == since
            _kill_the_keeper()
            wait_until(_other_than(since), what="the second is active")


def test_a_job_that_waited_for_three_intervals_is_dropped(db: None) -> None:
    """Otherwise a worker that comes back does hours of sweeps, one after the other."""
    schedule = settings.CELERY_BEAT_SCHEDULE
    entries = {
        name: ModelEntry.from_entry(name, app=current_app, **job) for name, job in schedule.items()
    }
    expires = {name: entry.options.get("expires") for name, entry in entries.items()}
    assert (expires["Check pending orders"], expires["Evaluate bots"]) == (15, 10)
    assert expires["Prune old events"] is None


def _locked_since() -> object:
    return beat_lock.locked_since(connection)


def _other_than(since: object) -> Callable[[], bool]:
    return lambda: _locked_since() not in (None, since)


def _kill_the_keeper() -> None:
    """Cut its connection, as a network would: it must end rather than work without its lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks "
            "WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
            "AND (classid::bigint << 32) | objid::bigint = %s",
            [beat_lock.LOCK],
        )
