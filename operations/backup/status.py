"""Say for health, alerts and metrics if backups are made; other processes read it here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from operations.models import BackupRun, JobState

NO_REASON: Final = "It was not made."
JOB: Final = "Back up the database"
OLD_AFTER: Final = timedelta(hours=26)  # the job comes once a day, and may take its time


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupStatus:
    last_done_at: datetime | None
    last_name: str
    last_size: int
    verified_at: datetime | None  # when the last one was read again and found whole
    damage: str  # what was found instead
    is_old: bool  # no backup was made for longer than a day and two hours
    failure: str  # what went wrong in the newest run; empty if it was made
    due_since: datetime | None  # the last backup, or the day the job came; None: nobody makes any
    is_scheduled: bool


def read_status(*, now: datetime) -> BackupStatus:
    """Return when the last backup was made, and why the newest one failed if it did.

    A new installation is not late before its first night.
    """
    done = BackupRun.objects.filter(is_done=True).first()
    newest = BackupRun.objects.first()
    job = JobState.objects.filter(job__name=JOB).select_related("job").first()
    since = done.finished_at if done else job.created_at if job else None
    return BackupStatus(
        last_done_at=done.finished_at if done else None,
        last_name=done.name if done else "",
        last_size=done.size if done else 0,
        verified_at=done.verified_at if done else None,
        damage=done.damage if done else "",
        is_old=since is not None and since < now - OLD_AFTER,
        failure=(newest.message or NO_REASON) if newest and not newest.is_done else "",
        due_since=since,
        is_scheduled=job is not None and job.job.enabled,
    )
