"""Listen keys: asked for through a worker where a venue has them, and clear words where not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges.keys import actions, listen_keys
from exchanges.models import ExchangeKey, StreamLease
from users.models import User

Ask = Callable[..., Any]
Attach = Callable[..., ExchangeKey]
METHODS = ["post", "put", "delete"]


@pytest.fixture
def ask(client: Client, user: User, settings: Settings) -> Ask:
    """As the web process would: without private keys."""
    settings.SEAL_PRIVATE_KEYS = []
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")

    def send(key: ExchangeKey, method: str = "post", **body: Any) -> Any:
        address = f"/api/v1/trading/listen-key/{key.pk}/"
        return getattr(client, method)(address, body, content_type="application/json")

    return send


@pytest.mark.parametrize("method", METHODS)
def test_binance_spot_has_none_any_more(attach: Attach, ask: Ask, method: str) -> None:
    answer = ask(attach(), method)
    assert answer.status_code == 409
    assert "since 2026-02-20" in answer.json()["detail"]
    assert "/ws/" in answer.json()["detail"]


@pytest.mark.parametrize(("venue", "label"), [("okx", "OKX"), ("bybit", "Bybit")])
def test_others_never_had_any(attach: Attach, ask: Ask, venue: str, label: str) -> None:
    answer = ask(attach(venue=venue, passphrase="p"))
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith(f"{label} has no listen keys")


@pytest.mark.parametrize("method", METHODS)
def test_the_key_of_another_does_not_exist(
    attach: Attach, ask: Ask, other_user: User, method: str
) -> None:
    theirs = attach(user=other_user, market="futures")
    assert ask(theirs, method).status_code == 404


def test_nobody_asks_without_signing_in(attach: Attach, client: Client) -> None:
    address = f"/api/v1/trading/listen-key/{attach(market='futures').pk}/"
    assert client.post(address).status_code == 401


def test_a_switched_off_key_is_not_used(attach: Attach, ask: Ask) -> None:
    key = attach(market="futures")
    actions.deactivate(key.pk)
    answer = ask(key)
    assert (answer.status_code, "switched off" in answer.json()["detail"]) == (409, True)


def test_a_mistyped_field_is_refused(attach: Attach, ask: Ask) -> None:
    assert ask(attach(market="futures"), "put", listenkey="x").status_code == 400


def test_nobody_answers(attach: Attach, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen_keys, "TIMEOUT_SECONDS", 0.05)
    answer = ask(attach(market="futures"))
    assert (answer.status_code, "is one running" in answer.json()["detail"]) == (504, True)


def test_the_queue_is_away(attach: Attach, ask: Ask, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = ask(attach(market="futures"))
    assert (answer.status_code, "queue" in answer.json()["detail"]) == (503, True)
    current_app.control.purge()


def test_its_routes_are_documented(client: Client, user: User) -> None:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    paths = client.get("/api/schema/?format=json").json()["paths"]
    route = paths["/api/v1/trading/listen-key/{key}/"]
    assert set(route) == {"post", "put", "delete"}
    assert {"200", "404", "409", "503", "504"} <= set(route["post"]["responses"])


# With a venue that has them


@pytest.fixture
def futures_key(worker: None, simulator: Any, user: User) -> ExchangeKey:
    account = simulator.open_account({"USDT": "1000"})
    return actions.attach(
        user=user,
        label="Futures",
        venue="binance",
        market="futures",
        api_key=account["key"],
        secret=account["secret"],
        is_paper=True,
    )


def test_opened_extended_and_closed(futures_key: ExchangeKey, ask: Ask) -> None:
    opened = ask(futures_key).json()
    assert len(opened["listen_key"]) > 20
    left = datetime.fromisoformat(opened["expires_at"]) - timezone.now()
    assert timedelta(minutes=58) < left <= timedelta(minutes=60)
    assert ask(futures_key).json()["listen_key"] == opened["listen_key"], "an account has one"
    kept = ask(futures_key, "put", listen_key=opened["listen_key"])
    assert (kept.status_code, kept.json()["listen_key"]) == (200, opened["listen_key"])
    assert kept.json()["expires_at"] >= opened["expires_at"]
    assert ask(futures_key, "put").json()["listen_key"] == opened["listen_key"]
    assert ask(futures_key, "delete", listen_key=opened["listen_key"]).status_code == 204
    assert ask(futures_key).json()["listen_key"] != opened["listen_key"]


def test_a_venue_in_trouble_is_asked_later(
    futures_key: ExchangeKey, ask: Ask, simulator: Any
) -> None:
    match = {"path": "/fapi/v1/listenKey"}
    simulator.control.post("faults", kind="status", status=503, times=1, match=match)
    answer = ask(futures_key)
    assert (answer.status_code, "Binance could not be asked" in answer.json()["detail"]) == (
        503,
        True,
    )


def test_a_ban_is_noted_and_then_nobody_asks(
    futures_key: ExchangeKey, ask: Ask, simulator: Any
) -> None:
    match = {"path": "/fapi/v1/listenKey"}
    simulator.control.post("faults", kind="ban", status=429, seconds=30, match=match)
    assert ask(futures_key).status_code == 503
    simulator.control.delete("faults")
    again = ask(futures_key)
    assert (again.status_code, "until" in again.json()["detail"]) == (503, True)


def test_closing_it_does_not_cut_the_stream_that_we_follow(
    attach: Attach, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = attach(market="futures")
    lease = StreamLease.objects.create(
        key=key, holder="stream-1", expires_at=timezone.now() + timedelta(minutes=1)
    )
    answer = ask(key, "delete")
    assert (answer.status_code, "stays open" in answer.json()["detail"]) == (409, True)
    lease.delete()
    monkeypatch.setattr(listen_keys, "TIMEOUT_SECONDS", 0.05)
    assert ask(key, "delete").status_code == 504, "the venue is asked again, by a worker"
