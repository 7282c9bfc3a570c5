"""The base of all Celery tasks: a task that beat or an operator started records its run."""

import uuid
from typing import Any, Final

from celery import Task

from operations.jobs.beat_entry import INTERVAL_HEADER, NAME_HEADER
from operations.jobs.record import RunFacts
from operations.jobs.run_tracker import tracker

MANUAL_HEADER: Final = "job_is_manual"
FAILURE: Final = "FAILURE"


class RecordedTask(Task):  # type: ignore[type-arg]  # generic in its stubs only
    """A task whose run is recorded if its message names a job of the timetable."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        if name := getattr(self.request, NAME_HEADER, None):
            facts = RunFacts(
                job=name,
                run_id=uuid.UUID(task_id),
                worker=f"{self.request.hostname}",
                interval=getattr(self.request, INTERVAL_HEADER, None),
                is_manual=getattr(self.request, MANUAL_HEADER, False),
            )
            tracker.begin_run(facts)

    def after_return(
        self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        if getattr(self.request, NAME_HEADER, None):
            is_failed = status == FAILURE
            message = describe_error(retval) if is_failed else describe_result(retval)
            tracker.end_run(uuid.UUID(task_id), is_failed=is_failed, message=message)


def describe_result(value: object) -> str:
    """Return the text that a task returned; most tasks return none."""
    return "" if value is None else str(value)


def describe_error(error: object) -> str:
    return f"{type(error).__name__}: {error}".strip().rstrip(":")
