"""Celery beat's scheduler: it restores protected jobs, and its process ends if it hangs."""

import time
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from operations.health import timetable


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
        schedule = self.app.conf.beat_schedule
        for name in timetable.PROTECTED & schedule.keys():
            timetable.restore_job(name, ModelEntry._unpack_fields(**schedule[name]))
        entries: dict[str, ModelEntry] = super().all_as_schedule()
        return entries


def seconds_since_tick() -> float:
    """Return for how long the scheduler has not looked what is due; 0 before there is one."""
    last = ProtectedScheduler.last_tick
    return 0.0 if last is None else time.monotonic() - last
