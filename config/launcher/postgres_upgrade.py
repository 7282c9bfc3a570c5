"""Move the data of an older PostgreSQL to a newer one, by dump and restore.

The new data are made beside the old ones and take their place only when they are complete, so an
interruption at any moment leaves one of both. The old data stay, under the name of their version.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.launcher import postgres, postgres_programs
from config.launcher.os_account import unprivileged_account
from config.launcher.parts import Part, PartError, stop_process
from config.launcher.postgres_programs import PostgresPrograms

UNFINISHED: Final = "postgres.unfinished"
COMPLETE: Final = "postgres.upgraded"
START_SECONDS: Final = 60.0
OPTIONS: Final = ("--format=custom", "--no-owner", "--no-privileges")  # one user owns it all


@dataclass(frozen=True, slots=True)
class DataUpgrade:
    """Data that wait to be moved to a newer version."""

    data: Path
    old: PostgresPrograms
    new: PostgresPrograms

    @property
    def old_place(self) -> Path:
        return self.data.with_name(f"postgres-{self.old.major}")


def plan_upgrade(home: Path) -> DataUpgrade | None:
    """Return what there is to do; raise PartError if the old version's programs are missing."""
    data = home / "postgres"
    written_by = postgres_programs.read_major(data)
    best = postgres_programs.find_best()
    if written_by is None or written_by >= best.major:
        return None
    old = postgres_programs.find_version(written_by)
    if old is None:
        raise PartError(
            f"{data} was written by PostgreSQL {written_by}. To move it to {best.major}, install "
            f"PostgreSQL {written_by} once (`apt-get install postgresql-{written_by}`), "
            "or restore a backup into a new FILLWATCH_HOME."
        )
    return DataUpgrade(data, old, best)


def finish_interrupted(home: Path) -> None:
    """Put complete new data in their place, if a kill came between the two renames."""
    complete, data = home / COMPLETE, home / "postgres"
    if not complete.exists():
        return
    if data.exists():
        data.rename(home / f"postgres-{postgres_programs.read_major(data)}")
    complete.rename(data)


def upgrade_data(upgrade: DataUpgrade, sockets: Path) -> None:
    """Dump by the old version's programs, restore by the new ones, and swap.

    The newer `pg_dump` does not know what old minor releases keep in their catalogue: that of 18.4
    writes options of 15.20 (`pg_attver`) which no server takes back.
    """
    home = upgrade.data.parent
    if upgrade.old_place.exists():
        raise PartError(f"{upgrade.old_place} is in the way: move it elsewhere, then try again.")
    unfinished = home / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    dump = unfinished / "dump"
    new_home = unfinished / "new"
    with _running(_describe_server(home, upgrade.old, sockets)):
        _run_program(upgrade.old, "pg_dump", *OPTIONS, f"--file={dump}", sockets=sockets)
    with _running(_describe_server(new_home, upgrade.new, sockets)):
        restore = ("--exit-on-error", "--no-owner", f"--dbname={postgres.DATABASE}", str(dump))
        _run_program(upgrade.new, "pg_restore", *restore, sockets=sockets, database=False)
        _run_program(upgrade.new, "vacuumdb", "--analyze-only", "--quiet", sockets=sockets)
    (new_home / "postgres").rename(home / COMPLETE)
    finish_interrupted(home)
    shutil.rmtree(unfinished)


def _describe_server(home: Path, programs: PostgresPrograms, sockets: Path) -> Part:
    return postgres.postgres_part(home, sockets, programs=programs)


@contextmanager
def _running(part: Part) -> Iterator[None]:
    process = part.start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not part.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise PartError(f"The PostgreSQL of {part.folder} does not start.")
            time.sleep(0.05)
        yield
    finally:
        stop_process(process, part)


def _run_program(
    programs: PostgresPrograms, name: str, *options: str, sockets: Path, database: bool = True
) -> None:
    folder = programs.for_account(unprivileged_account())
    command = [str(folder / name), f"--host={sockets}", f"--username={postgres.USER}", *options]
    command += [postgres.DATABASE] if database else []
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 (our own)
    if done.returncode:
        raise PartError(f"{name} of PostgreSQL {programs.major} failed: {done.stderr.strip()}")
