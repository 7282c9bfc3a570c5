"""The embedded services: they start anywhere, keep what they were given, and survive a crash."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from config.launcher import postgres, valkey
from config.launcher.os_account import claim_folder
from config.launcher.parts import Part, PartError, stop_process
from tests.services import WITHOUT_SYNC, wait_until

pytestmark = pytest.mark.server


@pytest.fixture
def place() -> Iterator[Path]:
    """A closed folder with a space in its name, and a short one for sockets beside it."""
    home = Path(tempfile.mkdtemp(prefix="closed folder "))
    yield home
    for folder in (home, sockets_of(home)):
        shutil.rmtree(folder, ignore_errors=True)


def sockets_of(home: Path) -> Path:
    return home.parent / f"sockets-{home.name[-8:]}"


@contextmanager
def started(part: Part) -> Iterator["subprocess.Popen[bytes]"]:
    process = part.start()
    try:
        wait_until(part.ready, what=f"{part.name} ready")
        yield process
    finally:
        stop_process(process, part)


def postgres_at(home: Path) -> Part:
    return postgres.postgres_part(home, sockets_of(home), WITHOUT_SYNC)


def connect(home: Path) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(host=str(sockets_of(home)), user="fillwatch", dbname="fillwatch")


def write(home: Path) -> None:
    with connect(home) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def read(home: Path) -> object:
    with connect(home) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
        return row and row[0]


def test_postgres_keeps_its_data(place: Path) -> None:
    with started(postgres_at(place)):
        write(place)
    with started(postgres_at(place)):
        assert read(place) == 42


def test_postgres_starts_after_it_was_killed(place: Path) -> None:
    with started(postgres_at(place)) as process:
        with connect(place) as connection:
            connection.execute("SET synchronous_commit = on")
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        process.kill()
        process.wait()
    assert (place / "postgres" / "postmaster.pid").exists()
    with started(postgres_at(place)):
        assert read(place) == 42


def test_a_lock_with_the_number_of_another_process_is_no_obstacle(place: Path) -> None:
    with started(postgres_at(place)):
        write(place)
    (place / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{place}\n")
    with started(postgres_at(place)):
        assert read(place) == 42


def test_an_interrupted_first_start_is_swept_away(place: Path) -> None:
    (place / "postgres" / "base").mkdir(parents=True)
    with started(postgres_at(place)):
        write(place)


def test_data_of_another_version_are_refused_in_words(place: Path) -> None:
    with started(postgres_at(place)):
        pass
    (place / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PartError, match="written by PostgreSQL 16"):
        postgres_at(place).prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(place: Path) -> None:
    os.chown(place, 12345, -1)
    with pytest.raises(PartError, match="belongs to somebody else"):
        claim_folder(place, None)


def test_a_link_in_place_of_the_sockets_folder_is_refused(place: Path) -> None:
    sockets_of(place).symlink_to(place)
    with pytest.raises(PartError, match="belongs to somebody else"):
        claim_folder(sockets_of(place), None)
    sockets_of(place).unlink()


def valkey_client(home: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(sockets_of(home) / "valkey.sock"))


def test_valkey_keeps_its_data_and_evicts_nothing(place: Path) -> None:
    part = valkey.valkey_part(place, sockets_of(place))
    with started(part), valkey_client(place) as client:
        client.set("kept", "42")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with started(part), valkey_client(place) as client:
        assert client.get("kept") == b"42"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ties child to parent")
def test_a_killed_parent_leaves_no_orphan(place: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from config.launcher import valkey\n"
        "part = valkey.valkey_part(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "part.start(); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, place, sockets_of(place)])
    ready = valkey.valkey_part(place, sockets_of(place)).ready
    wait_until(ready, what="valkey ready")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not ready(), what="valkey gone")
