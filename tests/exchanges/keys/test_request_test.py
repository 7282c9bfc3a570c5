"""A key is tested for real: web, queue, worker and the simulated venue."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges import tasks
from exchanges.base import RateLimitError
from exchanges.keys import actions
from exchanges.keys.api import KeyViewSet
from exchanges.limits import bans
from exchanges.models import ExchangeKey
from tests.realtime.event_log import read_events
from tests.services import LOGS
from tests.simulator import SimulatorProcess
from users.models import User

MakeKey = Callable[..., ExchangeKey]
Ask = Callable[[ExchangeKey], Any]


@pytest.fixture
def make(worker: None, simulator: SimulatorProcess, user: User) -> MakeKey:
    def make_one(secret: str = "", **permissions: bool) -> ExchangeKey:
        account = simulator.open_account({"USDT": "100"}, permissions=permissions)
        return actions.attach(
            user=user,
            label="Paper",
            venue="binance",
            market="spot",
            api_key=account["key"],
            secret=secret or account["secret"],
            is_paper=True,
        )

    return make_one


@pytest.fixture
def ask(client: Client, user: User, settings: Settings) -> Ask:
    """Press the button, as the web process would: without private keys."""
    settings.SEAL_PRIVATE_KEYS = []
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return lambda key: client.post(f"/api/v1/keys/{key.pk}/test/", content_type="application/json")


def test_a_good_key_works(make: MakeKey, ask: Ask, user: User) -> None:
    key = make(ip_restricted=True)
    answer = ask(key)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "ok": True,
            "message": "Binance accepts this key: it may read and trade.",
            "permissions": ["read", "trade"],
            "warnings": [],
        },
    )
    key.refresh_from_db()
    assert (key.permissions, key.last_error) == (["read", "trade"], "")
    assert key.last_checked_at is not None
    newest = read_events(user.pk, 0, 100)[-1]
    assert newest.type == "key_update"
    assert '"trade"' in newest.frame


def test_a_key_that_may_withdraw_is_not_used(
    make: MakeKey, ask: Ask, client: Client, simulator: SimulatorProcess
) -> None:
    key = make(withdrawals=True)
    answer = ask(key).json()
    assert answer["ok"] is False
    assert "withdrawals are allowed: create a key without that right" in answer["warnings"]
    key.refresh_from_db()
    assert key.is_active is False
    assert "may withdraw" in key.last_error
    path, on = f"/api/v1/keys/{key.pk}/", {"is_active": True}
    assert client.patch(path, on, content_type="application/json").status_code == 400

    simulator.control.patch("accounts", key=key.api_key, permissions={"withdrawals": False})
    assert ask(key).json()["ok"] is True
    assert client.patch(path, on, content_type="application/json").json()["is_active"] is True


def test_a_revoked_key_is_switched_off_in_the_venues_words(
    make: MakeKey, ask: Ask, simulator: SimulatorProcess
) -> None:
    key = make()
    simulator.control.post("revoke", key=key.api_key)
    answer = ask(key).json()
    assert answer["ok"] is False
    assert "Invalid API-key, IP, or permissions for action. (-2015)" in answer["message"]
    key.refresh_from_db()
    assert (key.is_active, key.last_error) == (False, answer["message"])


def test_a_wrong_secret_is_told_and_shown_nowhere(make: MakeKey, ask: Ask) -> None:
    wrong = "wrong-secret-that-nobody-may-see"
    key = make(secret=wrong)
    answer = ask(key)
    assert answer.json()["ok"] is False
    key.refresh_from_db()
    assert key.is_active is False
    logged = "".join(log.read_text(errors="replace") for log in LOGS.glob("*.log"))
    for text in (answer.content.decode(), key.last_error, logged):
        assert wrong not in text
        assert key.api_key not in text


def test_a_venue_that_told_us_to_wait_is_not_asked(make: MakeKey, ask: Ask) -> None:
    key, now = make(), timezone.now()
    bans.note(key, RateLimitError("banned", until=now + timedelta(minutes=1)), now=now)
    answer = ask(key).json()
    assert "it told us to wait until" in answer["message"]
    key.refresh_from_db()
    assert (key.is_active, key.last_error, key.last_checked_at) == (True, "", None)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "status", "status": 503}, "Binance could not be asked"),
        ({"kind": "ban", "status": 429, "retry_after": 60}, "Binance could not be asked"),
    ],
)
def test_a_venue_in_trouble_says_nothing_about_the_key(
    make: MakeKey, ask: Ask, simulator: SimulatorProcess, fault: dict[str, Any], words: str
) -> None:
    key = make()
    simulator.control.post("faults", **fault, match={"path": "/sapi/v1/account/apiRestrictions"})
    answer = ask(key).json()
    assert (answer["ok"], words in answer["message"]) == (False, True)
    key.refresh_from_db()
    assert (key.is_active, key.last_error, key.last_checked_at) == (True, "", None)


@pytest.fixture
def waiting_key(user: User, monkeypatch: pytest.MonkeyPatch) -> ExchangeKey:
    """A key, and nobody there to test it."""
    monkeypatch.setattr(KeyViewSet, "patience", 0.05)
    return actions.attach(
        user=user, label="Lonely", venue="binance", market="spot", api_key="lonely", secret="x"
    )


def test_without_a_worker_one_is_told_so(waiting_key: ExchangeKey, ask: Ask) -> None:
    answer = ask(waiting_key)
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("No worker answered in time: is one running?")


def test_without_redis_one_is_told_so(
    waiting_key: ExchangeKey, ask: Ask, settings: Settings
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    answer = ask(waiting_key)
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("The task queue cannot be reached")


def test_a_queue_that_is_away_does_not_undo_what_was_done() -> None:
    program = (
        "import django; django.setup(); "
        "from exchanges.keys import request_test; request_test.queue_test(7)"
    )
    away = {"CELERY_BROKER_URL": "redis+socket:///nowhere/redis.sock"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | away | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "task not queued" in done.stderr


def test_asking_too_often_is_refused(waiting_key: ExchangeKey, ask: Ask) -> None:
    statuses = [ask(waiting_key).status_code for _ in range(11)]
    assert statuses == [503] * 10 + [429]


def test_switching_on_counts_as_a_test(waiting_key: ExchangeKey, ask: Ask, client: Client) -> None:
    """Each asks the venue, whose limit all share."""
    path, on = f"/api/v1/keys/{waiting_key.pk}/", {"is_active": True}
    for _ in range(5):
        assert client.patch(path, on, content_type="application/json").status_code == 200
        client.post(f"/keys/{waiting_key.pk}/switch/", {"to": "on"})
    assert ask(waiting_key).status_code == 429


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        (tasks.test_key, []),
        (tasks.manage_listen_key, ["create", ""]),
        (tasks.set_leverage, ["BTC/USDT:USDT", 7, "cross"]),
        (tasks.set_position_mode, ["hedge"]),
    ],
)
@pytest.mark.usefixtures("db", "empty_redis")
def test_who_waits_for_a_key_that_is_gone_is_answered(task: Any, arguments: list[Any]) -> None:
    task(0, *arguments, "result")
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        (answer,) = client.lrange("fillwatch:reply:result", 0, -1)
    assert json.loads(answer) == {"error": "CallRefused", "message": tasks.KEY_GONE}
