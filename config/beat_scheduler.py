"""Celery beat's scheduler: it proves its lease before it sends a job, and restores protected jobs.

Due times are stored: at once for slow jobs, every few seconds for quick ones. A new beat goes on
where the old one stopped.
"""

import os
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from celery.schedules import maybe_schedule
from django.db import Error as DatabaseError
from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from operations.jobs import beat_lock
from operations.jobs.beat_entry import JobEntry
from operations.jobs.protection import PROTECTED

log = structlog.get_logger(__name__)

TRIES: Final = 3
RENEW_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 1.0  # between two looks whether somebody changed the timetable
RETRY_SECONDS: Final = 5.0  # after a job could not be queued
STORED: Final = ["last_run_at", "total_run_count"]
# Fields that a person can change and that keep a job from running, beside its schedule.
RUNS: Final = {"enabled": True, "one_off": False, "start_time": None, "expires": None}


class WatchedEntry(JobEntry):
    """An entry that shows that beat goes on: reading a timetable takes long on a busy machine.

    Without it a slow start looked like a beat that hangs, or its lease ran out before a tick.
    """

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        ProtectedScheduler.note_progress()
        super().__init__(model, app=app)


class ProtectedScheduler(DatabaseScheduler):  # type: ignore[misc]  # untyped
    """Compare protected jobs with the settings whenever the timetable is read."""

    Entry = WatchedEntry
    sync_every = 10.0  # seconds between two writes of the quick jobs' last runs
    lease: str | None = None  # our name in it, from `manage.py beat`
    last_tick: float | None = None  # of this process; or its last progress while it starts
    _renewed_at = float("-inf")
    _looked_at = float("-inf")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        type(self).last_tick = time.monotonic()  # reading the timetable may hang too
        self._dirty: set[str] = set()
        self._has_retries = False
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        type(self).last_tick = time.monotonic()
        if self._is_renewal_due() and not self._renew_lease():
            return RENEW_SECONDS
        delay = super().tick(*args, **kwargs)
        if self._has_retries:
            self._has_retries, self._heap = False, None  # filled again by the next tick
        return min(delay, RETRY_SECONDS)

    @classmethod
    def note_progress(cls) -> None:
        """Note that an entry was read, and renew the lease if that is due."""
        cls.last_tick = time.monotonic()
        if cls._is_renewal_due():
            cls._renew_lease()

    @classmethod
    def _is_renewal_due(cls) -> bool:
        return time.monotonic() - ProtectedScheduler._renewed_at > RENEW_SECONDS

    def install_default_entries(self, data: object) -> None:
        """Leave out Celery's own job, which deletes results that nothing here stores."""

    def enabled_models_qs(self) -> QuerySet[PeriodicTask]:
        """List all enabled jobs; the library leaves out a daily one that beat missed hours ago."""
        jobs: QuerySet[PeriodicTask] = PeriodicTask.objects.enabled()
        return jobs

    def schedule_changed(self) -> bool:
        """Ask the database once a second; the library asks before and after each job."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = time.monotonic()
        changed: bool = super().schedule_changed()
        return changed

    def all_as_schedule(self) -> dict[str, ModelEntry]:
        schedule, is_first_start = self.app.conf.beat_schedule, not PeriodicTask.objects.exists()
        for name in PROTECTED & schedule.keys():
            is_changed = not _is_as_shipped(name, schedule[name])
            if is_changed and _save_job(name, schedule[name]) and not is_first_start:
                log.warning("protected job restored", job=name)
        entries: dict[str, ModelEntry] = super().all_as_schedule()
        return entries

    def reserve(self, entry: JobEntry) -> JobEntry:
        """Keep the entry with its new last run, so that the heap can be filled anew."""
        self._schedule[entry.name] = reserved = super().reserve(entry)
        return reserved  # type: ignore[no-any-return]  # untyped

    def apply_entry(self, entry: JobEntry, producer: Any = None) -> None:
        """Queue a due job; one that cannot be queued is due again soon, not an interval later."""
        if not self._renew_lease():
            self._retry_soon(entry)
            return
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception:  # whatever the broker's client raises must not stop the other jobs
            log.exception("job not queued", job=entry.name)
            self._retry_soon(entry)
        else:
            log.debug("job queued", job=entry.name, task=entry.task)
            if not entry.is_quick:
                self.sync()

    def sync(self) -> None:
        """Store last runs in one statement, and nothing else: people change the other fields."""
        if not self._dirty:
            return
        names, self._dirty = self._dirty, set()
        jobs = [self._schedule[name].model for name in names if name in self._schedule]
        try:
            close_old_connections()
            PeriodicTask.objects.bulk_update(jobs, STORED)
        except DatabaseError as error:
            log.warning("last runs not stored", error=str(error))
            self._dirty |= names

    @classmethod
    def _renew_lease(cls) -> bool:
        """Prove that this beat is the active one. It ends here if another took over."""
        if cls.lease is None:
            return True  # `celery beat` without our command: nobody else can be waiting
        try:
            is_ours = beat_lock.renew_lease(cls.lease)
        except DatabaseError as error:
            log.warning("lease not renewed, sending nothing", error=str(error))
            close_old_connections()
            return False
        if not is_ours:
            log.critical("another beat took over, ending; the process manager starts a new one")
            os._exit(1)
        ProtectedScheduler._renewed_at = time.monotonic()
        return True

    def _retry_soon(self, entry: JobEntry) -> None:
        job = entry.model
        job.last_run_at, job.total_run_count = entry.last_run_at, job.total_run_count - 1
        self._schedule[entry.name] = retried = WatchedEntry(job, app=self.app)
        retried.retry_at = time.monotonic() + RETRY_SECONDS
        self._has_retries = True


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
