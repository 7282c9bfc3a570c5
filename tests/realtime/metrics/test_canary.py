"""The canary hears itself by the way that everybody's events go, and says when it does not."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from config.snapshot import audit
from operations.health import canary
from operations.health.canary import Canary
from realtime import publish
from realtime.counters import counts
from realtime.models import Event
from tests.services import wait_until


@pytest.fixture
def broken_users(transactional_db: None) -> Iterator[None]:
    """As a half-finished migration would leave it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE users_user RENAME TO gone")
        yield
        cursor.execute("ALTER TABLE gone RENAME TO users_user")


def run_once(capsys: pytest.CaptureFixture[str], url: str) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as end:
        call_command("canary", "--once", "--url", url.removesuffix("/ws/").replace("ws", "http", 1))
    return end.value.code, capsys.readouterr().out


def test_it_hears_itself(socket_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = counts.canary.count
    code, output = run_once(capsys, socket_url)
    assert (code, output.startswith("Received after ")) == (0, True)
    assert counts.canary.count == before + 1
    assert not canary.canary_user().has_usable_password()
    assert audit.examine_user(canary.canary_user().pk).wrong == []


def test_it_goes_on_measuring(socket_url: str) -> None:
    probe, before = Canary(socket_url, canary.canary_user()), counts.canary.count

    async def sing_thrice() -> None:
        measuring = asyncio.create_task(probe.measure_forever(0.01))
        await asyncio.to_thread(
            wait_until, lambda: counts.canary.count >= before + 3, what="three songs heard"
        )
        measuring.cancel()
        await asyncio.gather(measuring, return_exceptions=True)

    asyncio.run(sing_thrice())
    assert Event.objects.filter(type="system").count() >= 3


def test_it_hears_by_the_sweep_what_the_layer_loses(
    socket_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(publish, "send_events", lambda recorded: None)
    assert run_once(capsys, socket_url)[0] == 0


def test_where_nobody_answers_it_is_lost(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(canary, "LATE_SECONDS", 0.2)
    before = counts.canary_lost
    assert run_once(capsys, "ws://127.0.0.1:1/ws/") == (1, "Not received.\n")
    assert counts.canary_lost == before + 1


def test_one_that_may_not_come_in_says_why(socket_url: str, settings: Settings) -> None:
    account = canary.canary_user()
    account.is_active = False
    account.save(update_fields=["is_active"])
    url = socket_url.removesuffix("/ws/").replace("ws", "http", 1)
    with pytest.raises(CommandError, match=r"450[03]"):
        call_command("canary", "--url", url)


def test_without_the_database_it_says_so(broken_users: None) -> None:
    with pytest.raises(CommandError, match="database does not answer"):
        call_command("canary", "--once")
