"""PostgreSQL of this machine in place of the embedded one, and data of an older version."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from config.launcher import postgres, postgres_programs, postgres_upgrade
from config.launcher.parts import PartError, stop_process
from config.launcher.postgres_programs import PostgresPrograms
from tests.services import WITHOUT_SYNC, wait_until

pytestmark = pytest.mark.server
ROWS = 1000
T = TypeVar("T")
Connection = psycopg.Connection[tuple[object, ...]]
Do = Callable[[Connection], T]


@pytest.fixture
def place() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="upgrade of data "))
    yield home
    for folder in (home, sockets_of(home)):
        shutil.rmtree(folder, ignore_errors=True)


def sockets_of(home: Path) -> Path:
    return home.parent / f"sockets-{home.name[-8:]}"


def find_version(major: int) -> PostgresPrograms:
    programs = postgres_programs.find_version(major)
    assert programs is not None, f"PostgreSQL {major} comes with the package"
    return programs


def run_server(home: Path, do: Do[T]) -> T:
    return run_version(home, None, do)


def run_version(
    home: Path,
    programs: PostgresPrograms | None,
    do: Do[T],
) -> T:
    part = postgres.postgres_part(home, sockets_of(home), WITHOUT_SYNC, programs=programs)
    process = part.start()
    try:
        wait_until(part.ready, what="postgres ready")
        with psycopg.connect(
            host=str(sockets_of(home)), user="fillwatch", dbname="fillwatch"
        ) as connection:
            return do(connection)
    finally:
        stop_process(process, part)


def fill(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE fills (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, price numeric)"
    )
    connection.execute(
        "INSERT INTO fills (price) SELECT n + 0.00000001 FROM generate_series(1, %s) n", [ROWS]
    )
    connection.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE; END'"
    )
    connection.execute(
        "CREATE TRIGGER no_change BEFORE UPDATE ON fills FOR EACH ROW EXECUTE FUNCTION refuse()"
    )


def count(connection: Connection) -> tuple[object, ...]:
    row = connection.execute(
        "SELECT count(*), sum(price)::text, current_setting('server_version_num')::int / 10000,"
        " (SELECT count(*) FROM pg_trigger WHERE tgname = 'no_change') FROM fills"
    ).fetchone()
    assert row is not None
    return row


def test_data_of_version_16_are_moved_and_the_old_ones_stay(place: Path) -> None:
    old = find_version(16)
    run_version(place, old, fill)
    plan = postgres_upgrade.plan_upgrade(place)
    assert plan is not None
    assert (plan.old.major, plan.new.major) == (16, 18)
    with pytest.raises(PartError, match=r"manage\.py upgrade"):
        postgres.postgres_part(place, sockets_of(place)).prepare()

    postgres_upgrade.upgrade_data(plan, sockets_of(place))
    assert run_server(place, count) == (ROWS, "500500.00001000", 18, 1)
    assert postgres_programs.read_major(place / "postgres-16") == 16
    assert postgres_upgrade.plan_upgrade(place) is None
    assert {path.name for path in place.iterdir()} == {"postgres", "postgres-16"}

    # Killed between the two renames: the complete new data take their place at the next start.
    (place / "postgres").rename(place / postgres_upgrade.COMPLETE)
    (place / "postgres-16").rename(place / "postgres")
    postgres_upgrade.finish_interrupted(place)
    assert postgres_programs.read_major(place / "postgres") == 18
    assert postgres_programs.read_major(place / "postgres-16") == 16


def test_a_dump_that_fails_leaves_the_old_data(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_version(place, find_version(16), fill)
    plan = postgres_upgrade.plan_upgrade(place)
    assert plan is not None
    monkeypatch.setattr(postgres_upgrade, "OPTIONS", ("--format=no such format",))
    with pytest.raises(PartError, match="pg_dump"):
        postgres_upgrade.upgrade_data(plan, sockets_of(place))
    assert run_version(place, find_version(16), count)[:1] == (ROWS,)


def test_without_the_embedded_one_a_server_of_this_machine_is_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 16 of the package plays the server on the PATH."""
    folder = find_version(16).folder
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(postgres_programs, "DEBIAN", place / "none")
    monkeypatch.setattr(postgres_programs, "find_spec", lambda _name: None)
    assert postgres_programs.find_best() == PostgresPrograms(folder.resolve(), 16)

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(PartError, match="apt-get install postgresql"):
        postgres_programs.find_best()


def test_servers_of_debian_are_found_where_it_keeps_them(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in (14, 15, 17):
        folder = place / str(major) / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
        (folder / "postgres").write_text(
            f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1 (Debian)'\n"
        )
        (folder / "postgres").chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(postgres_programs, "DEBIAN", place)
    monkeypatch.setattr(postgres_programs, "find_spec", lambda _name: None)
    assert [programs.major for programs in postgres_programs.list_programs()] == [17, 15, 14]
    assert postgres_programs.find_best().folder == place / "17/bin"


def test_newer_data_need_programs_of_their_version(place: Path) -> None:
    data = place / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("99\n")
    with pytest.raises(PartError, match="written by PostgreSQL 99"):
        postgres_programs.choose_programs(data)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(PartError, match="apt-get install postgresql-9"):
        postgres_upgrade.plan_upgrade(place)


def test_old_and_new_programs_say_their_version() -> None:
    for major in (16, 18):
        program = find_version(major).folder / "pg_dump"
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        assert f" {major}." in said.stdout
