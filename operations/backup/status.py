"""Say for health, alerts and metrics if backups are made; other processes read it here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from operations.models import BackupRun

OLD_AFTER: Final = timedelta(hours=26)  # the job comes once a day, and may take its time


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupStatus:
    last_done_at: datetime | None
    last_name: str
    last_size: int
    is_old: bool  # no backup was made for longer than a day and two hours
    failure: str  # what went wrong in the newest run; empty if it was made


def read_status(*, now: datetime) -> BackupStatus:
    """Return when the last backup was made, and why the newest one failed if it did."""
    done = BackupRun.objects.filter(is_done=True).first()
    newest = BackupRun.objects.first()
    return BackupStatus(
        last_done_at=done.finished_at if done else None,
        last_name=done.name if done else "",
        last_size=done.size if done else 0,
        is_old=done is None or done.finished_at < now - OLD_AFTER,
        failure=newest.message if newest and not newest.is_done else "",
    )
