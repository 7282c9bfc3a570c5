"""Restore a backup into a fresh database, prove it equal, and put it in the place of the old one.

Until the last step the old database is as it was. The fresh one is made beside it, and both change
names in the end. A restore that is killed leaves a database that the next restore removes.
"""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, cast

import psycopg
from psycopg import sql

from operations.backup import contents, database, encryption, manifest, programs
from operations.backup.errors import BackupFailed, RestoreRefused
from operations.backup.manifest import BackupFile
from realtime import streams

MAINTENANCE: Final = "postgres"  # a database that every server has; nothing is written there
LOCK: Final = 7_305_620_033  # of one restore on a server
LONGEST_NAME: Final = 63
LONGEST_ERROR: Final = 1000
JOBS: Final = 2
SESSIONS: Final = """
SELECT DISTINCT coalesce(nullif(application_name, ''), 'unknown') FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() ORDER BY 1
"""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RestoredDatabase:
    name: str
    former: str | None  # the name that the old database has now
    tables: int
    rows: int


def restore_backup(
    backup: BackupFile,
    *,
    now: datetime,
    replace: bool,
    private_keys: Sequence[str],
    migrate: Callable[[], object],
    say: Say = lambda text: None,
) -> RestoredDatabase:
    """Restore a backup as the database of the settings; see the module's first lines.

    `migrate` brings the restored tables to this release, before anything else reads them.
    """
    say("Comparing the checksum")
    manifest.check_file(backup)
    name = database.get_database_name()
    with _lock_server() as server:
        is_filled = _check_target(server, backup, name, replace=replace)
        fresh = _make_name(name, "restore")
        _execute_statement(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
        _execute_statement(server, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", fresh)
        try:
            say(f"Restoring {backup.manifest.rows} rows")
            _load_dump(backup, fresh, private_keys)
            say("Comparing every table")
            _compare_tables(backup, fresh)
            say("Starting new epochs")
            with database.use_database(fresh):
                migrate()
                streams.start_all_epochs()
            former = _make_name(name, f"before_{now.astimezone(UTC):%Y%m%d%H%M%S}")
            _swap_databases(server, name, fresh, former)
        except BaseException:  # also Ctrl-C: a half-restored database must not stay
            _execute_statement(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
            raise
        if not is_filled:
            _execute_statement(server, "DROP DATABASE IF EXISTS {}", former)
    counts = backup.manifest
    return RestoredDatabase(name, former if is_filled else None, len(counts.tables), counts.rows)


@contextmanager
def _lock_server() -> Iterator[psycopg.Connection[Any]]:
    with database.connect_database(MAINTENANCE) as server:
        taken = server.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if not taken or not taken[0]:
            raise RestoreRefused("Another restore works on this server.")
        yield server


def _check_target(
    server: psycopg.Connection[Any], backup: BackupFile, name: str, *, replace: bool
) -> bool:
    """Tell whether the database has tables; RestoreRefused where it may not be replaced."""
    server_major = server.info.server_version // 10000
    if server_major < backup.manifest.server_major:
        raise RestoreRefused(
            f"The backup is of PostgreSQL {backup.manifest.server_major}, and the server is "
            f"{server_major}. Restore it on a server that is not older."
        )
    known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if known is None:
        return False
    if sessions := [row[0] for row in server.execute(SESSIONS, [name]).fetchall()]:
        raise RestoreRefused(
            f"{name} is in use by: {', '.join(sessions)}. Stop web, worker, beat and stream first."
        )
    with database.connect_database(name) as own:
        is_filled = bool(contents.list_tables(own))
    if is_filled and not replace:
        raise RestoreRefused(
            f"The database {name} is not empty. With --replace it is kept under another name."
        )
    return is_filled


def _load_dump(backup: BackupFile, target: str, private_keys: Sequence[str]) -> None:
    program = programs.find_program("pg_restore", least=backup.manifest.program_major)
    command = [str(program), "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
    command.append(f"--dbname={target}")
    if backup.manifest.is_encrypted:
        _run_restore(command, target, backup.path, private_keys)
    else:  # several tables at a time, which a stream cannot
        _run_restore([*command, f"--jobs={JOBS}", str(backup.path)], target, None, ())


def _run_restore(
    command: list[str], target: str, encrypted: Path | None, private_keys: Sequence[str]
) -> None:
    environment = database.make_environment(target)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            command,
            stdin=subprocess.PIPE if encrypted else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
        )
        try:
            if encrypted is not None:
                _send_decrypted(process, encrypted, private_keys)
            if process.wait() != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip()
                raise BackupFailed(f"pg_restore failed: {text[:LONGEST_ERROR]}")
        finally:
            process.kill()
            process.wait()


def _send_decrypted(
    process: "subprocess.Popen[bytes]", path: Path, private_keys: Sequence[str]
) -> None:
    pipe = cast("IO[bytes]", process.stdin)
    try:
        with path.open("rb") as file, pipe:
            for block in encryption.read_blocks(file, private_keys):
                pipe.write(block)
    except BrokenPipeError:
        return  # it ended early, and says why


def _compare_tables(backup: BackupFile, name: str) -> None:
    with database.connect_database(name) as own:
        found = contents.measure_tables(own)
    if differences := contents.find_differences(backup.manifest.tables, found):
        raise BackupFailed(f"The restored rows are not those of the backup: {differences}")


def _swap_databases(server: psycopg.Connection[Any], name: str, fresh: str, former: str) -> None:
    """Give the fresh database its name; both names change, or none."""
    with server.transaction():
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        try:
            if known is not None:
                _execute_statement(server, "ALTER DATABASE {} RENAME TO {}", name, former)
            _execute_statement(server, "ALTER DATABASE {} RENAME TO {}", fresh, name)
        except psycopg.errors.ObjectInUse as error:
            message = f"Somebody connected to {name} meanwhile; nothing was changed."
            raise RestoreRefused(message) from error


def _execute_statement(server: psycopg.Connection[Any], statement: str, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _make_name(name: str, ending: str) -> str:
    return f"{name[: LONGEST_NAME - len(ending) - 1]}_{ending}"
