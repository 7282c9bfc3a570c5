"""Jobs of the timetable that nobody may switch off: without them orders go unchecked, unnoticed."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from django_celery_beat.models import PeriodicTask

log = structlog.get_logger(__name__)

PROTECTED: Final = frozenset({"Check pending orders"})
# Fields that a person can change and that keep a job from running, beside its schedule.
RUNS: Final = {"enabled": True, "one_off": False, "start_time": None}


def restore_job(name: str, fields: Mapping[str, Any]) -> bool:
    """Make a job's row as it has to be; return whether it was not."""
    wanted = {"expires": None, **fields, **RUNS}
    job = PeriodicTask.objects.filter(name=name).first()
    if job is not None and all(getattr(job, field) == value for field, value in wanted.items()):
        return False
    PeriodicTask.objects.update_or_create(name=name, defaults=wanted)
    log.warning("protected job restored", job=name, was_deleted=job is None)
    return True


def list_paused() -> list[str]:
    """List the jobs that somebody has switched off."""
    jobs = PeriodicTask.objects.filter(enabled=False)
    return sorted(jobs.values_list("name", flat=True))
