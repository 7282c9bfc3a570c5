"""FAILURES 73: the database is restored from a backup; clients start over, no number is reused."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from config.launcher import processes
from exchanges.models import ExchangeKey
from operations.backup import contents, database, take
from orders.models import Order
from realtime import streams
from realtime.models import Event
from tests.fork_server import run_python
from tests.services import free_port, process_environment, run_part
from tests.trading import Trader, record_order
from users.models import User

RESTORED = "restored 73"


@pytest.fixture
def environment(transactional_db: None, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of processes that work on the restored database."""
    ours = process_environment()
    name = database.get_database_name()
    url = ours["DATABASE_URL"].replace(f"/{name}", f"/{RESTORED.replace(' ', '%20')}")
    yield ours | {"DATABASE_URL": url, "BACKUP_FOLDER": str(tmp_path)}
    with database.connect_database("postgres") as server:
        server.execute(f'DROP DATABASE IF EXISTS "{RESTORED}" WITH (FORCE)')


def list_events(user: User) -> list[tuple[int, str, object, object]]:
    return list(Event.objects.filter(user=user).values_list("seq", "type", "data", "created_at"))


def run_restore(environment: dict[str, str]) -> dict[str, object]:
    command = [sys.executable, "-W", "ignore", "manage.py", "restore", "latest", "--yes", "--json"]
    done = run_python(command, os.environ | environment)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_73_clients_of_a_restored_database_start_over(
    key: ExchangeKey, environment: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    settings.BACKUP_FOLDER = str(tmp_path)
    user = key.user
    record_order(key)
    events, saved = list_events(user), streams.fetch_head(user.pk)
    manifest = take.take_backup(now=timezone.now()).manifest
    record_order(key)  # which the backup does not have
    lost = streams.fetch_head(user.pk)
    assert lost.seq > saved.seq

    assert run_restore(environment)["rows"] == manifest.rows

    with database.connect_database(RESTORED) as restored:
        found = contents.measure_tables(restored)
    differences = contents.find_differences(manifest.tables, found)
    assert [text.split(":")[0] for text in differences] == ["public.realtime_stream"]
    with database.use_database(RESTORED):
        assert (list_events(user), Order.objects.count()) == (events, 1)
        head = streams.fetch_head(user.pk)
        assert head.seq == saved.seq
        assert head.epoch not in (saved.epoch, lost.epoch)
        assert int(head.epoch.split("-")[0]) > int(saved.epoch.split("-")[0])

    port = free_port()
    web = f"http://127.0.0.1:{port}"
    part = processes.web_part(port=port, environment=environment | {"FILLWATCH_URL": web})
    with run_part(replace(part, name="web restored")):
        trader = Trader(web, user)
        with trader.listen(since={"epoch": lost.epoch, "seq": lost.seq}):
            [reset] = trader.heard("reset")
    assert reset["data"]["reason"] == "epoch"
    assert (reset["data"]["epoch"], reset["data"]["seq"]) == (head.epoch, head.seq)
