"""Change the timetable: pause, resume, create, delete, run now. Each change is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.db import IntegrityError, transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from kombu.exceptions import KombuError
from kombu.utils.json import dumps, loads
from redis import RedisError

from operations.jobs import notes, record
from operations.jobs.beat_entry import INTERVAL_HEADER, NAME_HEADER, read_interval
from operations.jobs.payloads import is_shipped
from operations.jobs.protection import PROTECTED
from operations.jobs.recorded_task import MANUAL_HEADER
from operations.models import JobChange, JobRun, JobState
from realtime import operator_messages

CRONTAB_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


class JobRefused(Exception):
    """The change is not possible; the text says why."""


class QueueDown(Exception):
    """The run could not be queued."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """A job to be created; either seconds between runs, or the five fields of a crontab in UTC."""

    name: str
    task: str
    arguments: Mapping[str, Any]
    every_seconds: int | None
    crontab: tuple[str, ...] | None
    description: str


def pause_job(job: PeriodicTask, *, by: str, now: datetime) -> bool:
    """Take the job out of the timetable; return whether it was in. JobRefused: it is protected."""
    require_unprotected(job, "paused")
    return _set_enabled(job, False, by=by, now=now)


def resume_job(job: PeriodicTask, *, by: str, now: datetime) -> bool:
    """Put the job back; it runs at once if it was due meanwhile. Return whether it was paused."""
    return _set_enabled(job, True, by=by, now=now)


def create_job(wanted: NewJob, *, by: str, now: datetime) -> PeriodicTask:
    """Add a job; JobRefused if there is one of this name."""
    try:
        with transaction.atomic():
            job = PeriodicTask.objects.create(
                name=wanted.name,
                task=wanted.task,
                kwargs=dumps(wanted.arguments),
                description=wanted.description,
                **_store_schedule(wanted),
            )
            JobState.objects.create(job=job, created_at=now)
            details = {"task": wanted.task, "arguments": dict(wanted.arguments)}
            details |= {"schedule": str(job.scheduler)}
            record_change(job, JobChange.Action.CREATE, by=by, now=now, details=details)
    except IntegrityError:
        raise JobRefused("There is a job of this name.") from None
    return job


def delete_job(job: PeriodicTask, *, by: str, now: datetime) -> None:
    """Delete a job that an operator made, and its history. JobRefused: it is one of ours."""
    require_unprotected(job, "deleted")
    if is_shipped(job):
        raise JobRefused(f"“{job.name}” is part of Fillwatch: pause it instead.")
    with transaction.atomic():
        details = {"task": job.task, "schedule": str(job.scheduler)}
        record_change(job, JobChange.Action.DELETE, by=by, now=now, details=details)
        job.delete()


def run_job(job: PeriodicTask, *, by: str, now: datetime) -> JobRun:
    """Queue one run of the job beside its timetable; JobRefused if such a run is open."""
    record.close_lost_runs(now=now)
    try:
        with transaction.atomic():
            run = record.request_run(job, by=by, now=now)
            record_change(job, JobChange.Action.RUN, by=by, now=now)
    except IntegrityError:
        raise JobRefused(f"“{job.name}” runs or waits already, as somebody asked.") from None
    try:
        current_app.send_task(
            job.task,
            args=loads(job.args or "[]"),
            kwargs=loads(job.kwargs or "{}"),
            task_id=str(run.run_id),
            expires=record.NOT_TAKEN_AFTER.total_seconds(),
            headers={
                NAME_HEADER: job.name,
                INTERVAL_HEADER: read_interval(job),
                MANUAL_HEADER: True,
            },
            **({"queue": job.queue} if job.queue else {}),
        )
    except (KombuError, RedisError, OSError) as error:
        record.fail_request(run, f"It could not be queued: {error}", now=now)
        raise QueueDown("The queue does not answer. Nothing was started.") from error
    return run


def require_unprotected(job: PeriodicTask, done: str) -> None:
    if job.name in PROTECTED:
        raise JobRefused(f"“{job.name}” is protected: it cannot be {done}.")


def record_change(
    job: PeriodicTask,
    action: JobChange.Action,
    *,
    by: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record who changed a job, and tell the other operators after the commit."""
    JobChange.objects.create(
        job_name=job.name, action=action, by=by, at=now, details=dict(details or {})
    )
    operator_messages.notify_staff(
        by=by, action=f"{action} job", target=job.name, message=action.label, now=now
    )
    name = job.name
    transaction.on_commit(lambda: notes.tell_operators(name), robust=True)


def _set_enabled(job: PeriodicTask, is_enabled: bool, *, by: str, now: datetime) -> bool:
    with transaction.atomic():
        row = PeriodicTask.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if row.enabled == is_enabled:
            return False
        row.enabled = is_enabled
        row.save(update_fields=["enabled"])  # the library forgets the last run in a whole save
        action = JobChange.Action.RESUME if is_enabled else JobChange.Action.PAUSE
        record_change(row, action, by=by, now=now)
    job.enabled = is_enabled
    return True


def _store_schedule(wanted: NewJob) -> dict[str, Any]:
    if wanted.crontab is not None:
        fields = dict(zip(CRONTAB_FIELDS, wanted.crontab, strict=True))
        same = CrontabSchedule.objects.filter(**fields, timezone="UTC").first()
        return {"crontab": same or CrontabSchedule.objects.create(**fields, timezone="UTC")}
    interval: dict[str, Any] = {"every": wanted.every_seconds, "period": IntervalSchedule.SECONDS}
    found = IntervalSchedule.objects.filter(**interval).first()
    return {"interval": found or IntervalSchedule.objects.create(**interval)}
