"""The only writer of jobs' runs and results: workers record here what they did.

The newest run of each job is one row, updated in place. Rows of the history are added for runs of
slow jobs and of operators, and for runs that failed or took longer than their interval.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django_celery_beat.models import PeriodicTask

from operations.jobs.beat_entry import QUICK_SECONDS
from operations.models import JobRun, JobRunState, JobState

LOST_AFTER: Final = timedelta(seconds=30)  # a worker renews its runs every few seconds
NOT_TAKEN_AFTER: Final = timedelta(minutes=10)
LONGEST_MESSAGE: Final = 1_000
LOST_MESSAGE: Final = "Its worker died or froze before it ended."
NOT_TAKEN_MESSAGE: Final = "No worker took it within 10 minutes."
STAND_IN: Final = "stand-in "  # begins the name of a process that did a worker's run
OPEN: Final = (JobRunState.WAITING, JobRunState.RUNNING)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """A run as its message names it; no interval: the job has a crontab."""

    job: str
    run_id: uuid.UUID
    worker: str
    interval: float | None
    is_manual: bool

    @property
    def is_kept(self) -> bool:
        return self.is_manual or self.interval is None or self.interval >= QUICK_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    started_at: datetime
    finished_at: datetime
    seconds: float
    is_failed: bool
    message: str

    @property
    def state(self) -> JobRunState:
        return JobRunState.FAILED if self.is_failed else JobRunState.DONE


def begin_run(run: RunFacts, *, now: datetime) -> None:
    """Record that a worker began this run."""
    begun = {"worker": run.worker, "started_at": now, "alive_at": now}
    begun |= {"state": JobRunState.RUNNING}
    _update_state(run.job, {**begun, "run_id": run.run_id}, created_at=now)
    if run.is_kept:
        _keep_run(run, begun)


def _update_state(name: str, fields: dict[str, Any], *, created_at: datetime) -> None:
    """Change a job's state by one statement: it is there but at the job's first run.

    The job may have been deleted since it was queued; then there is nothing to change.
    """
    if JobState.objects.filter(job__name=name).update(**fields):
        return
    if job := PeriodicTask.objects.filter(name=name).first():
        JobState.objects.get_or_create(job=job, defaults={"created_at": created_at})
        JobState.objects.filter(job=job).update(**fields)


def _keep_run(run: RunFacts, fields: dict[str, Any]) -> None:
    """Add the run to the history, or change it there."""
    if job := PeriodicTask.objects.filter(name=run.job).first():
        JobRun.objects.update_or_create(
            run_id=run.run_id,
            defaults=fields,
            create_defaults={**fields, "job": job, "trigger": _choose_trigger(run)},
        )


def claim_late_run(
    job: PeriodicTask, *, worker: str, late: timedelta, every: timedelta, now: datetime
) -> RunFacts | None:
    """Begin a run that workers failed to do for so long; None if there was one since.

    Once a process stands in for them, it goes on with the job's own interval. One update decides,
    so that of several processes only one begins.
    """
    run_id, name = uuid.uuid4(), f"{STAND_IN}{worker}"
    claimed = JobState.objects.filter(
        _is_silent(now - late) | (Q(worker__startswith=STAND_IN) & _is_silent(now - every)),
        pk=job.pk,
        created_at__lt=now - late,
    ).update(
        run_id=run_id,
        worker=name,
        started_at=now,
        alive_at=now,
        state=JobRunState.RUNNING,
    )
    if not claimed:
        return None
    interval = every.total_seconds()
    return RunFacts(job=job.name, run_id=run_id, worker=name, interval=interval, is_manual=False)


def _is_silent(oldest: datetime) -> Q:
    """Match jobs of which no run has ended or shown life since."""
    ended = Q(finished_at=None) | Q(finished_at__lt=oldest)
    return ended & (Q(alive_at=None) | Q(alive_at__lt=oldest))


def end_run(run: RunFacts, result: RunResult, *, count: int = 1, failures: int = 0) -> None:
    """Record the result of a run, and how many runs this worker did since it last recorded any."""
    ended = _make_fields(result)
    is_newest = Q(run_id=run.run_id) | ~Q(state=JobRunState.RUNNING)
    changes = {
        **ended,
        "result": result.state,
        "state": Case(When(is_newest, then=Value(result.state)), default=F("state")),
        "started_at": Case(When(is_newest, then=Value(result.started_at)), default=F("started_at")),
        "runs": F("runs") + count,
        "failures": F("failures") + failures,
    }
    _update_state(run.job, changes, created_at=result.started_at)
    is_slow = run.interval is not None and result.seconds > run.interval
    if run.is_kept or result.is_failed or is_slow:
        whole = {**ended, "state": result.state, "worker": run.worker}
        _keep_run(run, {**whole, "started_at": result.started_at})


def renew_runs(run_ids: Collection[uuid.UUID], *, now: datetime) -> None:
    """Record that these runs' worker is alive."""
    JobState.objects.filter(run_id__in=run_ids).update(alive_at=now)
    JobRun.objects.filter(run_id__in=run_ids).update(alive_at=now)


def request_run(job: PeriodicTask, *, by: str, now: datetime) -> JobRun:
    """Add a run that an operator wants; IntegrityError if one of theirs is open."""
    with transaction.atomic():
        return JobRun.objects.create(
            job=job,
            run_id=uuid.uuid4(),
            trigger=JobRun.Trigger.MANUAL,
            by=by,
            state=JobRunState.WAITING,
            requested_at=now,
        )


def fail_request(run: JobRun, message: str, *, now: datetime) -> None:
    """Record that a run could not be queued."""
    ended = {"state": JobRunState.FAILED, "message": message, "finished_at": now}
    JobRun.objects.filter(pk=run.pk, state=JobRunState.WAITING).update(**ended)


def close_lost_runs(*, now: datetime) -> list[PeriodicTask]:
    """End runs whose worker died, and requests that no worker took; return the jobs concerned.

    A worker that was only frozen overwrites this with its real result.
    """
    lost: dict[str, Any] = {"state": JobRunState.RUNNING, "alive_at__lt": now - LOST_AFTER}
    not_taken = {"state": JobRunState.WAITING, "requested_at__lt": now - NOT_TAKEN_AFTER}
    unfinished = {"state": JobRunState.UNFINISHED, "finished_at": now}
    changed = set(JobRun.objects.filter(Q(**lost) | Q(**not_taken)).values_list("job", flat=True))
    changed |= set(JobState.objects.filter(**lost).values_list("job", flat=True))
    JobRun.objects.filter(**lost).update(**unfinished, message=LOST_MESSAGE)
    JobRun.objects.filter(**not_taken).update(**unfinished, message=NOT_TAKEN_MESSAGE)
    JobState.objects.filter(**lost).update(
        **unfinished, result=JobRunState.UNFINISHED, message=LOST_MESSAGE, seconds=None
    )
    return list(PeriodicTask.objects.filter(pk__in=changed))


def prune_runs() -> int:
    """Delete all but the newest runs of each job; return how many were deleted."""
    newest = JobRun.objects.filter(job=OuterRef("pk")).order_by("-id").values("id")
    oldest_kept = Subquery(newest[settings.JOB_HISTORY_RUNS - 1 : settings.JOB_HISTORY_RUNS])
    deleted = 0
    for job in PeriodicTask.objects.annotate(oldest=oldest_kept).exclude(oldest=None):
        old = JobRun.objects.filter(job=job, id__lt=job.oldest).exclude(state__in=OPEN)
        deleted += old.delete()[0]
    return deleted


def _make_fields(result: RunResult) -> dict[str, Any]:
    return {
        "finished_at": result.finished_at,
        "seconds": round(result.seconds, 3),
        "message": result.message.replace("\x00", "")[:LONGEST_MESSAGE],
    }


def _choose_trigger(run: RunFacts) -> JobRun.Trigger:
    return JobRun.Trigger.MANUAL if run.is_manual else JobRun.Trigger.SCHEDULE
