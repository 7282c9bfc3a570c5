"""The folder with backups: what is in it, who writes there now, and which ones are kept."""

import fcntl
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from operations.backup.errors import BackupFailed, BackupRunning
from operations.backup.manifest import BackupFile, get_manifest_path, read_backup

NAME: Final = re.compile(r"fillwatch-(\d{8}T\d{6}Z)\.dump(\.sealed)?")
STAMP: Final = "%Y%m%dT%H%M%SZ"
PARTIAL: Final = ".partial"


def get_folder() -> Path:
    return Path(settings.BACKUP_FOLDER)


def make_name(now: datetime, *, is_encrypted: bool) -> str:
    return f"fillwatch-{now.astimezone(UTC):{STAMP}}.dump{'.sealed' if is_encrypted else ''}"


def read_moment(name: str) -> datetime | None:
    """Return when a backup of this name was begun; None if it is no name of a backup."""
    found = NAME.fullmatch(name)
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) if found else None


def list_backups() -> list[BackupFile]:
    """List the complete backups, the newest first."""
    backups = []
    for path in get_folder().glob("fillwatch-*"):
        if NAME.fullmatch(path.name):
            with suppress(BackupFailed):
                backups.append(read_backup(path))
    return sorted(backups, key=lambda backup: backup.manifest.created_at, reverse=True)


def find_backup(text: str) -> BackupFile:
    """Return the backup of this path or name; `latest` is the newest one."""
    if text == "latest":
        if not (backups := list_backups()):
            raise BackupFailed(f"There is no backup in {get_folder()}.")
        return backups[0]
    path = Path(text)
    return read_backup(path if path.is_file() else get_folder() / path.name)


@contextmanager
def lock_folder() -> Iterator[Path]:
    """Let one process write here; a lock of a process that died is free again."""
    folder = get_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRunning(f"Another process makes a backup in {folder}.") from None
        yield folder


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed backup left: files without an end, and data without a manifest."""
    for path in folder.glob(f"fillwatch-*{PARTIAL}"):
        path.unlink(missing_ok=True)
    for path in folder.glob("fillwatch-*"):
        if NAME.fullmatch(path.name) and not get_manifest_path(path).exists():
            path.unlink(missing_ok=True)


def remove_old_backups() -> list[str]:
    """Delete the backups that the settings do not keep; return their names."""
    backups = {backup.name: backup for backup in list_backups()}
    moments = {name: backup.manifest.created_at for name, backup in backups.items()}
    kept = choose_kept(
        moments.values(), days=settings.BACKUP_KEEP_DAYS, weeks=settings.BACKUP_KEEP_WEEKS
    )
    removed = [name for name, moment in moments.items() if moment not in kept]
    for name in removed:  # the manifest first: data without one are no backup
        get_manifest_path(backups[name].path).unlink(missing_ok=True)
        backups[name].path.unlink(missing_ok=True)
    return removed


def choose_kept(moments: Iterable[datetime], *, days: int, weeks: int) -> set[datetime]:
    """Keep the newest backup of each of the newest days and weeks that have any."""
    newest_first = sorted(moments, reverse=True)
    of_days: dict[date, datetime] = {}
    of_weeks: dict[tuple[int, int], datetime] = {}
    for moment in newest_first:
        of_days.setdefault(moment.date(), moment)
        of_weeks.setdefault(moment.isocalendar()[:2], moment)
    kept = [*list(of_days.values())[:days], *list(of_weeks.values())[:weeks]]
    return {*kept, *newest_first[:1]}  # never none at all
