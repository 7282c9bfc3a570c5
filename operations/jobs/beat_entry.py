"""A job as beat holds it: when it is due survives restarts of beat."""

import time
from typing import Any, Final

from celery.schedules import schedstate
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from operations.models import JobState

QUICK_SECONDS: Final = 60.0  # of a job that runs more often, not every run is kept
NAME_HEADER: Final = "periodic_task_name"  # the library's
INTERVAL_HEADER: Final = "job_seconds"
SENT_BY_BEAT_HEADER: Final = "celery_beat_task"  # Celery's


class JobEntry(ModelEntry):  # type: ignore[misc]  # untyped
    """The library's entry, except for a job that never ran.

    There it counts from the row's last change, which each start of beat makes. So a daily job
    never ran where beat was restarted every day.
    """

    retry_at = 0.0  # monotonic; a job that could not be queued is tried again then

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        if not model.last_run_at and not model.start_time:
            model.last_run_at = find_begin(model)
        super().__init__(model, app=app)
        self.interval = read_interval(model)
        # Celery adds the second one to an entry that it sends. If the next entry lacked it, the two
        # would differ, and after each job beat would read the due times of the whole timetable.
        self.options["headers"] |= {INTERVAL_HEADER: self.interval, SENT_BY_BEAT_HEADER: True}

    @property
    def is_quick(self) -> bool:
        return self.interval is not None and self.interval < QUICK_SECONDS

    def is_due(self) -> schedstate:
        if (wait := self.retry_at - time.monotonic()) > 0:
            return schedstate(False, wait)
        found: schedstate = super().is_due()
        return found


def find_begin(job: PeriodicTask) -> Any:
    """Return the time from which a job's first run counts, and store it for the next start."""
    state, _ = JobState.objects.get_or_create(job=job, defaults={"created_at": timezone.now()})
    return state.started_at or state.created_at


def read_interval(job: PeriodicTask) -> float | None:
    """Return the seconds between two runs; None for a job with a crontab."""
    every = getattr(job.schedule, "run_every", None) if job.scheduler else None
    return float(every.total_seconds()) if every else None
