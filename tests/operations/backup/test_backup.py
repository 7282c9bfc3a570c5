"""Backups of a real database, restored: equal, or refused; and what may happen meanwhile."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from config.launcher.home import BASE
from operations.backup import (
    contents,
    database,
    encryption,
    folder,
    manifest,
    programs,
    restore,
    take,
)
from operations.backup.errors import BackupFailed, BackupRunning, RestoreRefused
from operations.backup.manifest import BackupFile
from operations.backup.restore import RestoredDatabase
from operations.backup.status import read_status
from operations.models import BackupRun
from tests.conftest import create_user
from tests.services import process_environment, wait_until
from users.models import User

TARGET = "restored"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def backups(tmp_path: Path, settings: Settings) -> Path:
    settings.BACKUP_FOLDER = str(tmp_path / "backups")
    return tmp_path / "backups"


@pytest.fixture
def target() -> Iterator[str]:
    """The name of a database to restore into; it is not there yet."""
    yield TARGET
    with database.connect_database("postgres") as server:
        names = server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'restored%'")
        for (name,) in names.fetchall():
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def make_backup(seconds: int = 0) -> BackupFile:
    return take.take_backup(now=timezone.now() + timedelta(seconds=seconds))


def restore_into(target: str, backup: BackupFile, *keys: str, **options: Any) -> RestoredDatabase:
    with database.use_database(target):
        given: dict[str, Any] = {"replace": False, "migrate": lambda: None} | options
        return restore.restore_backup(backup, now=timezone.now(), private_keys=keys, **given)


def list_people(name: str) -> list[str]:
    with database.use_database(name):
        return list(User.objects.order_by("pk").values_list("username", flat=True))


def list_databases() -> set[str]:
    with database.connect_database("postgres") as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database").fetchall()}


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "lock")


def test_a_backup_is_two_files_and_a_record(user: User, backups: Path) -> None:
    backup = make_backup()
    assert list_names(backups) == [backup.name, f"{backup.name}.json"]
    assert {path.stat().st_mode & 0o077 for path in backups.iterdir() if "dump" in path.name} == {0}
    assert folder.list_backups() == [backup] == [folder.find_backup("latest")]
    assert folder.find_backup(backup.name) == folder.find_backup(str(backup.path)) == backup
    manifest.check_file(backup)
    assert backup.manifest.tables["public.users_user"].rows == 1
    run = BackupRun.objects.get()
    assert (run.is_done, run.size, run.rows) == (True, backup.manifest.size, backup.manifest.rows)
    status = read_status(now=timezone.now())
    assert (status.last_name, status.is_old, status.failure) == (backup.name, False, "")
    assert read_status(now=timezone.now() + timedelta(hours=27)).is_old
    call_command("backup", "verify", "latest", stdout=StringIO())
    assert read_status(now=timezone.now()).verified_at
    backup.path.write_bytes(b"")
    with pytest.raises(CommandError, match="cut or changed"):
        call_command("backup", "verify", "latest")
    harmed = read_status(now=timezone.now())
    assert (harmed.verified_at, "cut or changed" in harmed.damage) == (None, True)


def test_an_encrypted_backup_replaces_a_database(
    user: User, target: str, settings: Settings
) -> None:
    plain = make_backup()
    assert restore_into(target, plain).former is None
    create_user("bob")
    private, settings.BACKUP_PUBLIC_KEY = encryption.make_keypair()
    sealed = make_backup(1)
    assert b"PGDMP" not in sealed.path.read_bytes()[:1000]
    with pytest.raises(RestoreRefused, match="not empty"):
        restore_into(target, sealed, private)
    with pytest.raises(BackupFailed, match="--key-file"):
        restore_into(target, sealed, replace=True)
    assert list_people(target) == ["ada"]
    former = restore_into(target, sealed, private, replace=True).former
    assert former
    assert (list_people(target), list_people(former)) == (["ada", "bob"], ["ada"])
    assert {name for name in list_databases() if name.startswith(target)} == {target, former}


def test_damaged_and_foreign_backups_are_refused(user: User, target: str) -> None:
    backup = make_backup()
    whole = backup.path.read_bytes()
    for harmed in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        backup.path.write_bytes(harmed)
        with pytest.raises(BackupFailed, match=r"damaged|cut"):
            restore_into(target, backup)
    backup.path.write_bytes(whole)
    for text in (
        "",
        "{}",
        "[]",
        manifest.dump_manifest(backup.manifest).replace(": 1,", ": 9,", 1),
    ):
        manifest.get_manifest_path(backup.path).write_text(text)
        with pytest.raises(BackupFailed, match=r"damaged|newer"):
            folder.find_backup(backup.name)
    assert target not in list_databases()


def change_manifest(backup: BackupFile, **changes: object) -> BackupFile:
    document = json.loads(manifest.dump_manifest(backup.manifest)) | changes
    manifest.get_manifest_path(backup.path).write_text(json.dumps(document))
    return folder.find_backup(backup.name)


def test_rows_that_differ_from_the_manifest_are_not_taken(user: User, target: str) -> None:
    backup = make_backup()
    tables = dict(backup.manifest.tables) | {"public.users_user": (1, "5")}
    with pytest.raises(BackupFailed, match=r"public.users_user"):
        restore_into(target, change_manifest(backup, tables=tables))
    assert not {name for name in list_databases() if name.startswith(target)}
    with pytest.raises(RestoreRefused, match="PostgreSQL 99"):
        restore_into(target, change_manifest(backup, server_major=99))


def test_a_database_in_use_is_not_replaced(user: User, target: str) -> None:
    backup = make_backup()
    restore_into(target, backup)
    with database.connect_database(target), pytest.raises(RestoreRefused, match="in use by"):
        restore_into(target, backup, replace=True)
    assert list_people(target) == ["ada"]


# What happens while a backup is made: a lock on a table holds pg_dump in the middle.


def start_backup(backups: Path, **options: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "backup", "--json"],
        cwd=BASE,
        env=os.environ | process_environment() | {"BACKUP_FOLDER": str(backups)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def is_dumping(since: datetime) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'fillwatch backup'"
    query += " AND wait_event_type = 'Lock' AND backend_start > %s"
    with database.connect_database("postgres") as server:
        return server.execute(query, [since]).fetchone() is not None


def test_a_killed_backup_leaves_nothing_that_looks_like_one(user: User, backups: Path) -> None:
    began = timezone.now()
    with database.connect_database(database.get_database_name(), autocommit=False) as own:
        own.execute("LOCK TABLE bots_bot IN ACCESS EXCLUSIVE MODE")
        process = start_backup(backups)
        try:
            wait_until(lambda: is_dumping(began), what="pg_dump waits")
            with pytest.raises(BackupRunning):
                make_backup()
        finally:
            process.kill()
            process.communicate()
    assert list_names(backups) != []
    assert folder.list_backups() == []
    backup = make_backup(1)
    assert list_names(backups) == [backup.name, f"{backup.name}.json"]


def test_traffic_during_a_backup_is_not_in_it(
    user: User, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_program = programs.find_program

    def find_late(name: str, *, least: int) -> Path:
        create_user("bob")  # after the snapshot, before pg_dump begins
        return find_program(name, least=least)

    with monkeypatch.context() as patch:
        patch.setattr(programs, "find_program", find_late)
        backup = make_backup()
    restore_into(target, backup)
    assert list_people(target) == ["ada"]


def test_a_full_disk_is_said(user: User, backups: Path) -> None:
    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = start_backup(backups, preexec_fn=limit_files)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, "File too large" in errors) == (1, True), errors
    assert list_names(backups) == []
    failure = read_status(now=timezone.now()).failure
    assert "File too large" in failure
    make_backup()
    assert read_status(now=timezone.now()).failure == ""


def test_a_failing_dump_is_said(user: User, monkeypatch: pytest.MonkeyPatch, backups: Path) -> None:
    program = backups.parent / "pg_dump"
    program.write_text("#!/bin/sh\necho half; echo 'connection lost' >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(programs, "find_program", lambda name, least: program)
    with pytest.raises(BackupFailed, match="connection lost"):
        make_backup()
    assert list_names(backups) == []
    assert "connection lost" in read_status(now=timezone.now()).failure


def test_digests_do_not_depend_on_the_order_of_rows(user: User, other_user: User) -> None:
    with database.connect_database(database.get_database_name()) as own:
        before = contents.measure_tables(own)
        own.execute("UPDATE users_user SET username = username")
        assert contents.find_differences(before, contents.measure_tables(own)) == []
        own.execute("UPDATE users_user SET first_name = 'A' WHERE username = 'ada'")
        differences = contents.find_differences(before, contents.measure_tables(own))
    assert "public.users_user: 2 rows expected, 2 found, not equal" in differences
