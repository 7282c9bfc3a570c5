"""Celery beat's scheduler: it restores protected jobs, and its process ends if it hangs."""

import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from celery.schedules import maybe_schedule
from django.db import IntegrityError, transaction
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from operations.jobs.protection import PROTECTED

log = structlog.get_logger(__name__)

TRIES: Final = 3
# Fields that a person can change and that keep a job from running, beside its schedule.
RUNS: Final = {"enabled": True, "one_off": False, "start_time": None, "expires": None}


class ProtectedScheduler(DatabaseScheduler):  # type: ignore[misc]  # untyped
    """Compare protected jobs with the settings whenever the timetable is read."""

    last_tick: float | None = None  # of this process

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        type(self).last_tick = time.monotonic()  # reading the timetable may hang too
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        type(self).last_tick = time.monotonic()
        return super().tick(*args, **kwargs)

    def all_as_schedule(self) -> dict[str, ModelEntry]:
        schedule, is_first_start = self.app.conf.beat_schedule, not PeriodicTask.objects.exists()
        for name in PROTECTED & schedule.keys():
            is_changed = not _is_as_shipped(name, schedule[name])
            if is_changed and _save_job(name, schedule[name]) and not is_first_start:
                log.warning("protected job restored", job=name)
        entries: dict[str, ModelEntry] = super().all_as_schedule()
        return entries


def seconds_since_tick() -> float:
    """Return for how long the scheduler has not looked what is due; 0 before there is one."""
    last = ProtectedScheduler.last_tick
    return 0.0 if last is None else time.monotonic() - last


def _is_as_shipped(name: str, shipped: Mapping[str, Any]) -> bool:
    """Compare without saving an interval: each save has the whole timetable read again."""
    options = ModelEntry._unpack_options(**shipped.get("options", {}))
    wanted = {"task": shipped["task"], "args": "[]", "kwargs": "{}", **options, **RUNS}
    job = PeriodicTask.objects.filter(name=name).first()
    if job is None or job.scheduler is None:
        return False
    if job.schedule != maybe_schedule(shipped["schedule"]):
        return False
    return all(getattr(job, field) == value for field, value in wanted.items())


def _save_job(name: str, shipped: Mapping[str, Any]) -> bool:
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                fields = ModelEntry._unpack_fields(**shipped)
                PeriodicTask.objects.update_or_create(name=name, defaults=fields | RUNS)
        except IntegrityError:  # somebody deletes its interval at this moment
            continue
        return True
    log.error("protected job not restored", job=name)
    return False
