"""Read a backup again: is the file on the disk what was written? Its record keeps the answer."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from operations.backup.errors import BackupFailed
from operations.backup.manifest import BackupFile, check_file
from operations.models import BackupRun

LONGEST_DAMAGE: Final = 1000


def verify_backup(
    backup: BackupFile, *, now: datetime, report: Callable[[int], None] | None = None
) -> None:
    """Compare size and checksum with the manifest; raise BackupFailed if they differ."""
    run = BackupRun.objects.filter(name=backup.name, is_done=True)
    try:
        check_file(backup, report=report)
    except (BackupFailed, OSError) as error:
        run.update(verified_at=None, damage=str(error)[:LONGEST_DAMAGE])
        raise
    run.update(verified_at=now, damage="")
