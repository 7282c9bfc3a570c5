"""Find what an upgrade to this release has to do here, and what stands in its way."""

import difflib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from django.conf import settings
from django.core import checks
from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from config import settings_table
from config.launcher import postgres_upgrade
from config.launcher.parts import PartError
from config.static_files import bundles, collected

StepState = Literal["ok", "note", "todo", "bad"]
LOCKING: Final = re.compile(
    r'(?:ALTER TABLE|DROP TABLE|UPDATE|DELETE FROM|CREATE (?:UNIQUE )?INDEX "[^"]+" ON) "([^"]+)"'
)
SPACE_FACTOR: Final = 3  # the old data, a dump, and the new data
NAME: Final = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
SIMILAR: Final = 0.85


@dataclass(frozen=True, slots=True)
class UpgradeStep:
    """One thing to do, one that is done, or one that stands in the way (`bad`)."""

    name: str
    state: StepState
    message: str


def plan_steps() -> Iterator[UpgradeStep]:
    """Look at settings, data, tables and files; nothing is changed."""
    yield from check_settings()
    if not settings.DATABASE_URL:
        yield check_data(Path(settings.FILLWATCH_HOME))
    yield from check_migrations()
    yield check_pages()


def check_settings() -> Iterator[UpgradeStep]:
    """Find names in .env that nothing reads, names that look mistyped, and wrong values."""
    file = settings.BASE_DIR / ".env"
    written = NAME.findall(file.read_text()) if file.exists() else []
    unknown = list(find_unknown(written, os.environ))
    for name, similar in unknown:
        hint = f"; did you mean {similar}?" if similar else ": remove it."
        yield UpgradeStep("settings", "note", f"{name} is no setting of this release{hint}")
    serious = [issue for issue in checks.run_checks() if issue.level >= checks.ERROR]
    for issue in serious:
        yield UpgradeStep("settings", "bad", f"{issue.msg} {issue.hint or ''}".strip())
    if not unknown and not serious:
        yield UpgradeStep("settings", "ok", "All are known to this release.")


def find_unknown(written: Iterable[str], environment: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield unknown names with the most similar one that is known.

    Names of .env are meant for us. Of the environment only those are told that nearly are ours.
    """
    known = {*settings_table.read_settings(), *settings_table.NOT_FOR_PEOPLE}
    for name in sorted({*written, *environment} - known):
        similar = difflib.get_close_matches(name, known, n=1, cutoff=SIMILAR)
        if similar or name in written:
            yield name, similar[0] if similar else ""


def check_data(home: Path) -> UpgradeStep:
    """Compare the version of the embedded PostgreSQL's data with its programs."""
    try:
        upgrade = postgres_upgrade.plan_upgrade(home)
    except PartError as error:
        return UpgradeStep("data", "bad", str(error))
    if upgrade is None:
        return UpgradeStep("data", "ok", "The data fit the version of PostgreSQL.")
    size = sum(path.stat().st_size for path in upgrade.data.rglob("*") if path.is_file())
    free = shutil.disk_usage(home).free
    words = (
        f"PostgreSQL {upgrade.old.major} wrote the data ({size / 1e6:.0f} MB). They are dumped and "
        f"restored into {upgrade.new.major}; the old ones stay in {upgrade.old_place}."
    )
    if free < SPACE_FACTOR * size:
        return UpgradeStep("data", "bad", f"{words} Only {free / 1e6:.0f} MB are free.")
    return UpgradeStep("data", "todo", words)


def check_migrations() -> Iterator[UpgradeStep]:
    """List what `migrate` would do, and which filled tables wait for it meanwhile."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        steps = [
            UpgradeStep("tables", "todo", f"{migration}: {_describe_locks(executor, migration)}")
            for migration, _ in plan
        ]
    except DatabaseError:
        words = "The database does not answer, so its tables are not known. "
        where = "`make run` brings them up to date." if not settings.DATABASE_URL else "Start it."
        yield UpgradeStep("tables", "bad" if settings.DATABASE_URL else "note", words + where)
        return
    yield from steps or [UpgradeStep("tables", "ok", "All migrations are applied.")]


def _describe_locks(executor: MigrationExecutor, migration: Migration) -> str:
    if not migration.atomic:
        return "no long locks, it is made in steps"
    try:
        lines = executor.loader.collect_sql([(migration, False)])
    except (DatabaseError, CommandError, ValueError, LookupError):
        return "it follows another one, so what it locks is not known yet"
    tables = sorted({name for line in lines for name in LOCKING.findall(line)})
    filled = [f"{name} (about {rows:,} rows)" for name, rows in count_rows(tables) if rows > 0]
    return f"locks {', '.join(filled)} for its duration" if filled else "locks no filled table"


def count_rows(tables: list[str]) -> list[tuple[str, int]]:
    """Return PostgreSQL's own estimates, which cost nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relname = ANY(%s) ORDER BY 1",
            [tables],
        )
        return [(str(name), int(rows)) for name, rows in cursor.fetchall()]


def check_pages() -> UpgradeStep:
    if collected.is_current(Path(settings.STATIC_ROOT)):
        return UpgradeStep("pages", "ok", "The pages' files are of this release.")
    if bundles.find_esbuild() is None:
        words = (
            "The bundler is missing, so pages load their files one by one. `make pages` gets it."
        )
        return UpgradeStep("pages", "note", words)
    return UpgradeStep("pages", "todo", "The pages' files are joined anew.")
