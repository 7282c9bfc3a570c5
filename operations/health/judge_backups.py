"""Judge whether backups are made: the newest succeeded, is whole, and is not old. Pure."""

from collections.abc import Iterator

from operations.backup.status import BackupStatus
from operations.health.facts import InstallationFacts
from operations.health.service_status import ServiceStatus
from realtime.values import format_time_or_none

MAKE_ONE = "Run `manage.py backup`; `manage.py jobs history` says why the job failed."


def judge_backups(facts: InstallationFacts) -> Iterator[ServiceStatus]:
    """Judge the backups of the nightly job; where it is switched off, others make them."""
    if facts.in_database is None or not facts.in_database.backups.is_scheduled:
        return
    known = facts.in_database.backups
    reason = _find_trouble(known)
    age = facts.now - known.last_done_at if known.last_done_at else None
    yield ServiceStatus(
        service="backups",
        label="Backups",
        status="degraded" if reason else "healthy",
        reason=reason,
        remedy=MAKE_ONE if reason else "",
        at=facts.now,
        last_success=known.last_done_at,
        details={
            "age_seconds": None if age is None else round(age.total_seconds()),
            "size_bytes": known.last_size,
            "verified_at": format_time_or_none(known.verified_at),
        },
    )


def _find_trouble(known: BackupStatus) -> str:
    if known.failure:
        return f"The newest backup failed: {known.failure}"
    if known.damage:
        return f"The last backup is damaged: {known.damage}"
    if known.is_old:
        return "No backup was made for more than 26 hours."
    return ""
