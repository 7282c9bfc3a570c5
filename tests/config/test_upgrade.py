"""`manage.py upgrade --check`: what a new release would do here, and what stands in its way."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from config import upgrade
from config.launcher import lock
from config.launcher.postgres_programs import find_best


def check(*options: str) -> tuple[int, str]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("upgrade", "--check", *options, stdout=out)
    return int(end.value.code or 0), out.getvalue()


@pytest.fixture
def unapplied(db: None) -> str:
    """Forget that the newest migration of an app was made."""
    ((app, name),) = MigrationLoader(connection).graph.leaf_nodes("operations")
    MigrationRecorder.Migration.objects.filter(app=app, name=name).delete()
    return f"{app}.{name}"


def test_names_that_nothing_reads_are_told() -> None:
    written = ["FILLWATCH_URL", "SWEEP_SECONDS_OLD", "REALTIME_KEEP_DAY"]
    environment = ["PATH", "HOME", "DATABASE_POOLSIZE", "FILLWATCH_ROLE", "LANG"]
    assert list(upgrade.find_unknown(written, environment)) == [
        ("DATABASE_POOLSIZE", "DATABASE_POOL_SIZE"),
        ("REALTIME_KEEP_DAY", "REALTIME_KEEP_DAYS"),
        ("SWEEP_SECONDS_OLD", ""),
    ]


def test_a_database_of_this_release_needs_nothing(db: None) -> None:
    steps = {step.name: step for step in upgrade.plan_steps()}
    assert steps["settings"].state == "ok"
    assert steps["tables"] == upgrade.UpgradeStep("tables", "ok", "All migrations are applied.")
    assert "data" not in steps  # DATABASE_URL is set


def test_pending_migrations_are_work(unapplied: str) -> None:
    code, words = check()
    assert code == 3
    assert unapplied in words
    steps = json.loads(check("--json")[1])["steps"]
    assert next(step["state"] for step in steps if step["name"] == "tables") == "todo"


def test_rows_of_tables_are_estimated(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE upgrade_rows AS SELECT generate_series(1, 500) AS n")
        cursor.execute("ANALYZE upgrade_rows")
    assert upgrade.count_rows(["upgrade_rows", "nowhere"]) == [("upgrade_rows", 500)]


def test_statements_that_lock_are_recognised() -> None:
    sql = [
        'ALTER TABLE "orders_order" ADD COLUMN "x" bigint NULL;',
        'CREATE INDEX "some" ON "bots_bot" ("id");',
        'CREATE TABLE "new" ("id" bigint);',
        'CREATE INDEX CONCURRENTLY "other" ON "users_user" ("id");',
        'UPDATE "exchanges_exchangekey" SET "x" = 1;',
    ]
    found = [name for line in sql for name in upgrade.LOCKING.findall(line)]
    assert found == ["orders_order", "bots_bot", "exchanges_exchangekey"]


def test_embedded_data_of_an_older_version_are_work_and_of_an_unknown_one_are_not(
    tmp_path: Path,
) -> None:
    assert upgrade.check_data(tmp_path).state == "ok"  # nothing yet
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text(f"{find_best().major}\n")
    assert upgrade.check_data(tmp_path).state == "ok"
    (data / "PG_VERSION").write_text("16\n")
    step = upgrade.check_data(tmp_path)
    assert (step.state, "PostgreSQL 16 wrote the data" in step.message) == ("todo", True)
    (data / "PG_VERSION").write_text("9\n")
    assert upgrade.check_data(tmp_path).state == "bad"


def test_data_are_not_moved_while_fillwatch_runs(
    db: None, tmp_path: Path, settings: Settings
) -> None:
    settings.FILLWATCH_HOME, settings.DATABASE_URL = tmp_path, ""
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")
    with (
        lock.hold_lock(tmp_path / "up.lock", "http://127.0.0.1:8000"),
        pytest.raises(CommandError, match="already runs"),
    ):
        call_command("upgrade", stdout=io.StringIO())
    assert (data / "PG_VERSION").read_text() == "16\n"


def test_a_wrong_setting_stands_in_the_way(db: None, settings: Settings) -> None:
    settings.ORDER_CHECK_SECONDS = 0
    out = io.StringIO()
    with pytest.raises(CommandError, match="in the way"):
        call_command("upgrade", "--check", stdout=out)
    assert "bad   settings  ORDER_CHECK_SECONDS must be above 0." in out.getvalue()
