"""Make a backup: pg_dump in one snapshot, to a file that gets its name when it is complete."""

import hashlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, cast

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError

from operations.backup import contents, database, encryption, folder, manifest, programs
from operations.backup.errors import BackupFailed
from operations.backup.manifest import BackupFile, Manifest
from operations.models import BackupRun

log = structlog.get_logger(__name__)

CHUNK: Final = 1 << 20
LONGEST_MESSAGE: Final = 1000
# gzip, which every pg_restore reads; its fastest level, for the standard one takes twice the time
COMPRESSION: Final = "--compress=1"
EPOCH: Final = "SELECT coalesce(max(epoch), 1) FROM realtime_stream"
Report = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    size: int
    sha256: str


class DigestFile:
    """A file that is written once, from beginning to end, with its size and checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def finish(self) -> WrittenFile:
        self._file.flush()
        os.fsync(self._file.fileno())
        return WrittenFile(self.size, self._digest.hexdigest())


def take_backup(*, now: datetime, report: Report | None = None) -> BackupFile:
    """Make a backup, record how it ended, and delete those that are not kept any more."""
    with folder.lock_folder() as target:
        folder.remove_leftovers(target)
        name = folder.make_name(now, is_encrypted=bool(settings.BACKUP_PUBLIC_KEY))
        try:
            backup = _write_backup(target / name, now, report)
        except Exception as error:  # whatever it was is on record before it is raised
            _record_failure(name, now, error)
            raise
        finally:
            folder.remove_leftovers(target)
        _record_backup(backup, now)
        removed = folder.remove_old_backups()
    log.info("backup made", backup=name, size=backup.manifest.size, removed=removed)
    return backup


def _write_backup(path: Path, now: datetime, report: Report | None) -> BackupFile:
    if path.exists():
        raise BackupFailed(f"{path} is there already: a backup was made this very second.")
    began = time.monotonic()
    partial = path.with_name(f"{path.name}{folder.PARTIAL}")
    source = database.get_database_name()
    with database.connect_database(source, autocommit=False) as own:
        own.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        own.read_only = True
        snapshot = _fetch_value(own, "SELECT pg_export_snapshot()")
        server_major = own.info.server_version // 10000
        program = programs.find_program("pg_dump", least=server_major)
        written = _dump_database(program, snapshot, partial, report)
        document = Manifest(
            created_at=now.replace(microsecond=0),
            seconds=round(time.monotonic() - began, 1),
            release=settings.VERSION,
            server_major=server_major,
            program_major=programs.read_major(program) or server_major,
            database=source,
            is_encrypted=bool(settings.BACKUP_PUBLIC_KEY),
            size=written.size,
            sha256=written.sha256,
            highest_epoch=_fetch_value(own, EPOCH),
            tables=contents.measure_tables(own),
        )
    _name_files(partial, path, document)
    return BackupFile(path, document)


def _dump_database(
    program: Path, snapshot: str, target: Path, report: Report | None
) -> WrittenFile:
    command = [str(program), "--format=custom", COMPRESSION, f"--snapshot={snapshot}"]
    command += ["--no-owner", "--no-privileges", "--no-password"]
    environment = database.make_environment(database.get_database_name())
    with tempfile.TemporaryFile() as errors, _create_file(target) as file:
        digest_file = DigestFile(file)
        process = subprocess.Popen(  # noqa: S603 (our own command)
            command, stdout=subprocess.PIPE, stderr=errors, env=environment, bufsize=0
        )
        try:
            with cast("IO[bytes]", process.stdout) as output:
                _copy_output(output, digest_file, report)
            if process.wait() != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip()
                raise BackupFailed(f"pg_dump failed: {text[-LONGEST_MESSAGE:]}")
        finally:
            process.kill()
            process.wait()
        return digest_file.finish()


def _copy_output(output: IO[bytes], file: DigestFile, report: Report | None) -> None:
    """Write the dump, encrypted if the settings say so, with a few MB of memory."""
    encrypted: encryption.EncryptedWriter | None = None
    if settings.BACKUP_PUBLIC_KEY:
        public = encryption.read_public_key(settings.BACKUP_PUBLIC_KEY)
        encrypted = encryption.EncryptedWriter(file, public)
    target = encrypted or file
    while chunk := output.read(CHUNK):
        target.write(chunk)
        if report is not None:
            report(file.size)
    if encrypted is not None:
        encrypted.finish()


def _create_file(path: Path) -> IO[bytes]:
    """Open a new file that nobody else on this machine can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _name_files(partial: Path, path: Path, document: Manifest) -> None:
    """Give the data their name, then the manifest, which makes the backup complete."""
    beside = manifest.get_manifest_path(path)
    unfinished = beside.with_name(f"{beside.name}{folder.PARTIAL}")
    with _create_file(unfinished) as file:
        file.write(manifest.dump_manifest(document).encode())
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    unfinished.rename(beside)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fetch_value(own: "psycopg.Connection[Any]", query: Any) -> Any:
    row = own.execute(query).fetchone()
    return row[0] if row else None


def _record_backup(backup: BackupFile, started_at: datetime) -> None:
    BackupRun.objects.create(
        name=backup.name,
        host=socket.gethostname(),
        is_done=True,
        started_at=started_at,
        finished_at=datetime.now(UTC),
        size=backup.manifest.size,
        rows=backup.manifest.rows,
        is_encrypted=backup.manifest.is_encrypted,
    )


def _record_failure(name: str, started_at: datetime, error: Exception) -> None:
    log.error("backup failed", backup=name, error=str(error))
    try:
        BackupRun.objects.create(
            name=name,
            host=socket.gethostname(),
            is_done=False,
            message=f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE],
            started_at=started_at,
            finished_at=datetime.now(UTC),
        )
    except DatabaseError:  # it is away: the job itself fails with the first error
        log.warning("backup failure not recorded", backup=name)
