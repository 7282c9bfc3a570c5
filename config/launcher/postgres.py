"""Run PostgreSQL as a child: private data, a private Unix socket, no TCP."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import psutil
import psycopg

from config.database.connection import answers_packet
from config.launcher import postgres_programs
from config.launcher.os_account import claim_folder, unprivileged_account
from config.launcher.parts import Part, PartError
from config.launcher.postgres_programs import PostgresPrograms

USER = DATABASE = "fillwatch"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "log_min_messages": "fatal",  # a client's mistake is answered to the client
    "log_line_prefix": "",
    "timezone": "UTC",
}


def postgres_part(
    home: Path,
    sockets: Path,
    settings: Mapping[str, str] | None = None,
    *,
    programs: PostgresPrograms | None = None,
) -> Part:
    """Describe the PostgreSQL of this home; `settings` are server settings by name."""
    account = unprivileged_account()
    data = home / "postgres"
    programs = programs or postgres_programs.choose_programs(data)
    folder = programs.for_account(account)
    options = SETTINGS | {"unix_socket_directories": str(sockets)} | dict(settings or {})
    flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
    return Part(
        name="postgres",
        command=[str(folder / "postgres"), "-D", _data_path(data, programs), *flags],
        folder=data,
        account=account,
        prepare=partial(
            _prepare_data, data, sockets, account, programs, sync=options.get("fsync") != "off"
        ),
        ready=partial(_is_ready, sockets),
        alive=partial(answers_packet, (str(sockets), 5432), 1.0),
        stop_signal=signal.SIGINT,  # fast shutdown: sessions end, data are written
        orphan_signal=signal.SIGINT,
        patience=6.0,
        quiet=True,  # it logs every connection that comes before it is ready
    )


def _data_path(data: Path, programs: PostgresPrograms) -> str:
    """Return a path PostgreSQL can open: as root, folders above its data may be closed to it.

    Before version 16 the programs leave their folder to find themselves, so they get the name.
    """
    if os.geteuid() == 0 and sys.platform == "linux" and programs.major > 15:
        return "/proc/self/cwd"
    return str(data)


def _prepare_data(
    data: Path, sockets: Path, account: int | None, programs: PostgresPrograms, *, sync: bool
) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    claim_folder(data, account)
    claim_folder(sockets, account)
    if not (data / "PG_VERSION").exists():
        _init_data(data, account, programs, sync=sync)
    if (written_by := postgres_programs.read_major(data)) != programs.major:
        raise PartError(
            f"{data} was written by PostgreSQL {written_by}, and {programs.major} is used here. "
            "`manage.py upgrade` moves it; or restore a backup into a new FILLWATCH_HOME, or run "
            "PostgreSQL yourself and set DATABASE_URL."
        )
    _remove_stale_lock(data, sockets)


def _init_data(data: Path, account: int | None, programs: PostgresPrograms, *, sync: bool) -> None:
    """Run initdb, after removing what an interrupted first start left behind."""
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    options = f"-A trust -U {USER} --encoding=UTF8 --locale=C.UTF-8 --no-instructions".split()
    options += [] if sync else ["--no-sync"]
    initdb = subprocess.run(  # noqa: S603 (our own command)
        [programs.for_account(account) / "initdb", "-D", _data_path(data, programs), *options],
        user=account,
        group=account,
        extra_groups=None if account is None else [],
        cwd=data,
        capture_output=True,
        text=True,
    )
    if initdb.returncode:
        (data / "PG_VERSION").unlink(missing_ok=True)
        raise PartError(f"Postgres could not create its data in {data}: {initdb.stderr.strip()}")


def _remove_stale_lock(data: Path, sockets: Path, timeout: float = 15) -> None:
    """Wait for a PostgreSQL that is still ending; remove the lock of one that is gone.

    PostgreSQL takes any living process with the old pid for itself, and after a restart of a
    container the pids are the same again.
    """
    deadline = time.monotonic() + timeout
    while (pid := _find_running(data)) is not None:
        if time.monotonic() > deadline:
            raise PartError(f"Another Postgres (pid {pid}) still uses {data}. Stop it, then retry.")
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)
    (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _find_running(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return pid if alive else None


def _is_ready(sockets: Path) -> bool:
    """Tell whether it answers; create the database the first time."""
    try:
        with psycopg.connect(
            host=str(sockets), user=USER, dbname="postgres", autocommit=True, connect_timeout=3
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True
