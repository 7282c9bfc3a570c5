"""What is late for whom: only what concerns a user, since when, and no longer than it is."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from exchanges.models import ExchangeKey, StreamLease
from exchanges.sharing.actions import offer_key
from exchanges.streams.leases import LASTS
from operations.health import delays
from orders.checks import last_sweep
from orders.sharing.accept import accept_key
from realtime.metrics import heartbeat
from realtime.values import format_time
from tests.pages.bots.bot_records import create_key
from users.models import User

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(delays, "_seen_since", {})
    settings.DELAY_SECONDS = 5.0


@pytest.fixture
def key(user: User) -> ExchangeKey:
    """A key of ada's that is followed, in an installation where all keeps up."""
    key = create_key(user)
    beat_heart("worker")
    last_sweep.note_sweep(timezone.now())
    set_lease(key, "live", seconds_left=8)
    return key


def beat_heart(role: str) -> None:
    pulse = heartbeat.Pulse(f"{role}:1", None).build()
    changed = {name: getattr(pulse, name) for name in pulse.__slots__} | {"role": role}
    heartbeat.write_heartbeat(heartbeat.Heartbeat(**changed))


def set_lease(key: ExchangeKey, state: str, *, seconds_left: float) -> None:
    now = timezone.now()
    facts = {"state": state, "holder": "a", "expires_at": now + timedelta(seconds=seconds_left)}
    StreamLease.objects.update_or_create(key=key, defaults=facts)


def age_memory(seconds: float) -> None:
    """As if this process had seen for so long what it remembers."""
    for name, since in delays._seen_since.items():
        delays._seen_since[name] = since - timedelta(seconds=seconds)


def list_about(user: User) -> set[str]:
    return {delay["about"] for delay in delays.find_delays([user.pk]).get(user.pk, [])}


def test_nothing_is_late_when_all_keeps_up(key: ExchangeKey, user: User) -> None:
    assert delays.find_delays([user.pk]) == {}


def test_a_dead_stream_process_is_late_since_its_last_renewal(
    key: ExchangeKey, user: User, other_user: User
) -> None:
    create_key(other_user, label="Elsewhere", venue="okx")
    set_lease(key, "live", seconds_left=-30)
    found = delays.find_delays([user.pk, other_user.pk])
    [delay] = found[user.pk]
    expired = StreamLease.objects.get(key=key).expires_at
    assert expired
    assert delay["since"] == format_time(expired - LASTS)
    assert delay["words"].startswith("Binance spot")
    assert other_user.pk not in found  # OKX has just been seen for the first time


def test_who_shares_a_key_is_told_too(key: ExchangeKey, other_user: User) -> None:
    set_lease(key, "live", seconds_left=-30)
    assert list_about(other_user) == set()
    now = timezone.now()
    accept_key(offer_key(key, member=other_user.username, role="viewer", now=now).pk, now=now)
    assert {about.partition(" ")[0] for about in list_about(other_user)} == {"stream"}


@pytest.mark.parametrize("state", ["idle", "connecting", "waiting"])
def test_a_stream_that_does_not_open_is_late_after_a_while(
    state: str, key: ExchangeKey, user: User
) -> None:
    set_lease(key, state, seconds_left=8)
    assert list_about(user) == set()
    age_memory(6)
    assert len(list_about(user)) == 1
    set_lease(key, "live", seconds_left=8)
    assert list_about(user) == set()
    set_lease(key, state, seconds_left=8)
    assert list_about(user) == set(), "the memory of the time before must be gone"


@pytest.mark.parametrize("state", ["polled", "refused"])
def test_a_venue_that_is_asked_instead_is_not_late(
    state: str, key: ExchangeKey, user: User
) -> None:
    set_lease(key, state, seconds_left=8)
    age_memory(60)
    assert list_about(user) == set()


def test_checks_that_stop_concern_everybody_with_a_key(
    key: ExchangeKey, user: User, other_user: User
) -> None:
    last = timezone.now() - timedelta(seconds=27)
    last_sweep.note_sweep(last)
    [delay] = delays.find_delays([user.pk, other_user.pk]).pop(user.pk)
    assert (delay["about"], delay["since"]) == ("checks", format_time(last))
    assert list_about(other_user) == set()  # has no key, so nothing of theirs is late
    last_sweep.note_sweep(timezone.now())
    assert list_about(user) == set()


def test_a_worker_that_is_gone_sends_no_order(key: ExchangeKey, user: User) -> None:
    heartbeat.remove_heartbeat("worker:1")
    assert list_about(user) == set()
    age_memory(6)
    assert list_about(user) == {"worker"}
    beat_heart("worker")
    assert list_about(user) == set()


def test_without_redis_nothing_is_sent_or_checked(
    key: ExchangeKey, user: User, settings: Settings
) -> None:
    settings.REDIS_URL = NOWHERE
    assert list_about(user) == set()
    age_memory(6)
    assert list_about(user) == {"redis"}
