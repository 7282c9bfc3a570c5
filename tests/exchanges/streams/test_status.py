"""Operators see at a glance which streams fare badly and why, and what keys hold."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from exchanges.base import RateLimitError
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.keys import actions
from exchanges.limits import bans
from exchanges.models import Balance, ExchangeKey, StreamLease, StreamProcess
from exchanges.streams import leases
from operations.health import doctor
from tests.exchanges.holding_reports import balance_report, position_report
from users.models import User

Attach = Callable[..., ExchangeKey]


@pytest.fixture
def key(attach: Attach) -> ExchangeKey:
    return attach()


@pytest.fixture
def olga(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    return client


def status(*options: str) -> str:
    out = StringIO()
    call_command("stream", "--status", *options, stdout=out)
    return out.getvalue()


def streams() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(status("--json"))["streams"]
    return found


def live(key: ExchangeKey) -> None:
    leases.take_turn("one")
    leases.note_all("one", {key.pk: {"state": "live", "connected_since": timezone.now()}})


def die(key: ExchangeKey) -> None:
    past = timezone.now() - timedelta(seconds=1)
    StreamLease.objects.filter(key=key).update(expires_at=past)
    StreamProcess.objects.update(alive_until=past)


def finding() -> doctor.PartFinding:
    return doctor._check_streams()


def test_nobody_follows(key: ExchangeKey) -> None:
    assert [one["state"] for one in streams()] == ["idle"]
    assert (finding().state, "no process follows" in finding().message) == ("note", True)


def test_a_live_stream(key: ExchangeKey) -> None:
    live(key)
    assert [(one["state"], one["holder"]) for one in streams()] == [("live", "one")]
    assert (finding().state, finding().message) == ("ok", "1 live")
    words = status()
    assert "live" in words
    assert "1 stream processes alive" in words


def test_why_a_stream_is_away(key: ExchangeKey) -> None:
    live(key)
    leases.note_all("one", {key.pk: {"state": "refused", "last_error": "Invalid API-key"}})
    assert "Invalid API-key" in status()
    assert (finding().state, finding().message) == ("note", "1 refused")


def test_the_stream_of_a_dead_process_is_not_called_live(key: ExchangeKey) -> None:
    live(key)
    die(key)
    assert [one["state"] for one in streams()] == ["idle"]
    assert "no process follows" in finding().message


def test_without_keys_there_is_nothing_to_follow(key: ExchangeKey) -> None:
    actions.deactivate(key.pk)
    assert finding().state == "ok"
    assert streams() == []


def test_its_owner_reads_the_same_by_api(
    key: ExchangeKey, client: Client, user: User, settings: Settings
) -> None:
    live(key)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    shown = client.get(f"/api/v1/keys/{key.pk}/").json()["stream"]
    assert (shown["key"], shown["state"], shown["restarts"]) == (key.pk, "live", 0)
    die(key)
    assert client.get(f"/api/v1/keys/{key.pk}/").json()["stream"]["state"] == "idle"


def test_the_doctor_names_a_venue_that_is_left_alone(key: ExchangeKey) -> None:
    assert list(doctor._check_venues()) == []
    now = timezone.now()
    bans.note(key, RateLimitError("Way too much", until=now + timedelta(minutes=1)), now=now)
    (found,) = doctor._check_venues()
    assert "Binance spot is not queried: Way too much" in found.message


# The admin


def test_operators_see_holdings_and_change_none(key: ExchangeKey, olga: Client) -> None:
    now = timezone.now()
    said = HoldingsReport(
        at=now, balances=[balance_report("USDT", "7")], positions=[position_report("X/Y:Y", "3")]
    )
    record.record(key.pk, said, now=now)
    assert "USDT" in olga.get("/admin/exchanges/balance/").content.decode()
    assert "X/Y:Y" in olga.get("/admin/exchanges/position/").content.decode()
    row = Balance.objects.get()
    assert olga.get(f"/admin/exchanges/balance/{row.pk}/change/").status_code == 200
    for act in (f"{row.pk}/change/", f"{row.pk}/delete/", "add/"):
        assert olga.post(f"/admin/exchanges/balance/{act}", {"post": "yes"}).status_code == 403
    assert Balance.objects.get() == row


def test_a_key_can_be_deleted_with_all_it_holds(key: ExchangeKey, olga: Client) -> None:
    now = timezone.now()
    record.record(key.pk, HoldingsReport(at=now, balances=[balance_report("USDT", "7")]), now=now)
    olga.post(f"/admin/exchanges/exchangekey/{key.pk}/delete/", {"post": "yes"})
    assert not Balance.objects.exists()


def test_a_key_in_the_admin_says_how_its_venue_stands(key: ExchangeKey, olga: Client) -> None:
    now = timezone.now()
    bans.note(key, RateLimitError("Way too much", until=now + timedelta(minutes=1)), now=now)
    page = olga.get(f"/admin/exchanges/exchangekey/{key.pk}/change/").content.decode()
    assert "Way too much" in page
