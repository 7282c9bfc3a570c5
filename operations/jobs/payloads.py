"""Jobs and runs as the API, events, pages and commands show them."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypedDict, cast

from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.utils.json import loads

from operations.jobs.beat_entry import QUICK_SECONDS, read_interval
from operations.jobs.protection import PROTECTED
from operations.jobs.record import LOST_AFTER, LOST_MESSAGE
from operations.models import JobRun, JobRunState, JobState
from realtime.shapes.fields import Time
from realtime.values import format_time

JobStateName = Literal["new", "waiting", "running", "done", "failed", "unfinished"]
ResultName = Literal["done", "failed", "unfinished"]
CLOCK_SLACK: Final = timedelta(seconds=2)  # beat and workers may be on several machines
QUICK_SLACK: Final = timedelta(seconds=20)  # begins of quick jobs are recorded now and then only


class JobRow(TypedDict):
    """A job of the timetable, its newest run and its newest result."""

    id: int
    name: str
    task: str
    arguments: dict[str, Any]
    schedule: str
    every_seconds: float | None
    crontab: str | None
    description: str
    protected: bool
    shipped: bool
    paused: bool
    state: JobStateName
    started_at: Time | None
    worker: str
    last_result: ResultName | None
    last_message: str
    last_seconds: float | None
    last_finished_at: Time | None
    next_run_at: Time | None
    runs: int
    failures: int


class RunRow(TypedDict):
    """A run of a job that is kept."""

    run_id: str
    job: int
    name: str
    trigger: Literal["schedule", "manual"]
    by: str
    state: Literal["waiting", "running", "done", "failed", "unfinished"]
    requested_at: Time | None
    started_at: Time | None
    finished_at: Time | None
    seconds: float | None
    message: str
    worker: str


def job_row(job: PeriodicTask, *, now: datetime) -> JobRow:
    state, every = find_state(job), read_interval(job)
    is_lost = _is_lost(state, now)
    result = JobRunState.UNFINISHED if is_lost else state.result
    next_run = find_next_run(job, state, now=now)
    return JobRow(
        id=job.pk,
        name=job.name,
        task=job.task,
        arguments=loads(job.kwargs or "{}"),
        schedule=describe_schedule(job),
        every_seconds=every,
        crontab=_write_crontab(job),
        description=job.description,
        protected=job.name in PROTECTED,
        shipped=is_shipped(job),
        paused=not job.enabled,
        state=name_state(job, state, now=now),
        started_at=_write_time(state.started_at),
        worker=state.worker,
        last_result=cast(ResultName | None, result or None),
        last_message=LOST_MESSAGE if is_lost else state.message,
        last_seconds=None if is_lost else state.seconds,
        last_finished_at=_write_time(state.finished_at),
        next_run_at=_write_time(next_run),
        runs=state.runs,
        failures=state.failures,
    )


def run_row(run: JobRun, *, now: datetime) -> RunRow:
    is_lost = _is_lost(run, now)
    return RunRow(
        run_id=str(run.run_id),
        job=run.job_id,
        name=run.job.name,
        trigger=run.trigger,  # type: ignore[typeddict-item]  # one of its choices
        by=run.by,
        state=JobRunState.UNFINISHED if is_lost else run.state,  # type: ignore[typeddict-item]
        requested_at=_write_time(run.requested_at),
        started_at=_write_time(run.started_at),
        finished_at=_write_time(run.finished_at),
        seconds=run.seconds,
        message=LOST_MESSAGE if is_lost else run.message,
        worker=run.worker,
    )


def find_state(job: PeriodicTask) -> JobState:
    """Return the job's state; an unsaved one before beat has seen the job."""
    try:
        state: JobState = job.job_state
    except JobState.DoesNotExist:
        return JobState(job=job, created_at=job.date_changed or timezone.now())
    return state


def name_state(job: PeriodicTask, state: JobState, *, now: datetime) -> JobStateName:
    """Return the state of the newest run. It waits if beat sent it and no worker has begun it."""
    if _is_lost(state, now):
        return "unfinished"
    if state.state == JobRunState.RUNNING:
        return "running"
    every = read_interval(job)
    slack = QUICK_SLACK if every is not None and every < QUICK_SECONDS else CLOCK_SLACK
    begin = state.started_at or state.created_at
    if job.last_run_at and job.last_run_at - begin > slack:
        return "waiting"
    return cast(JobStateName, state.state or "new")


def find_next_run(job: PeriodicTask, state: JobState, *, now: datetime) -> datetime | None:
    """Return when the job is due; now if it is overdue, None if it is paused."""
    if not job.enabled or not job.scheduler:
        return None
    begin = job.last_run_at or state.started_at or state.created_at
    return max(_find_due(job, begin), job.start_time or now, now)


def is_shipped(job: PeriodicTask) -> bool:
    """Tell whether this is a job of Fillwatch itself: beat makes it again when it is deleted."""
    return job.name in settings.CELERY_BEAT_SCHEDULE


def describe_schedule(job: PeriodicTask) -> str:
    if crontab := _write_crontab(job):
        return f"{crontab} ({job.crontab.timezone})"
    every = read_interval(job)
    return str(job.scheduler or "") if every is None else f"every {every:g} s"


def _find_due(job: PeriodicTask, begin: datetime) -> datetime:
    if (every := read_interval(job)) is not None:
        return begin + timedelta(seconds=every)
    wait: timedelta = job.schedule.remaining_estimate(begin)
    due = timezone.now() + wait  # a whole second, but for the moment between two clock readings
    return (due + timedelta(seconds=0.5)).replace(microsecond=0)


def _write_crontab(job: PeriodicTask) -> str | None:
    row = job.crontab
    if row is None:
        return None
    return f"{row.minute} {row.hour} {row.day_of_month} {row.month_of_year} {row.day_of_week}"


def _is_lost(run: JobState | JobRun, now: datetime) -> bool:
    is_running = run.state == JobRunState.RUNNING
    return is_running and run.alive_at is not None and run.alive_at < now - LOST_AFTER


def _write_time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
