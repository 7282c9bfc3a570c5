"""What moved money and was not told by the stream is asked about within moments, not minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exchanges.holdings import fetch, request
from exchanges.models import ExchangeKey, StreamLease, StreamState
from orders import submission
from orders.checks import sweep
from tests.orders.streams.test_holdings import (
    OpenKey,
    fill_order,
    place_resting_order,
    read_balances,
    stream,
    wait_equal,
    wait_taken,
)
from tests.simulator import SimulatorProcess
from users.models import User

__all__ = ["stream"]


@pytest.fixture
def mute(
    worker: None,
    simulator: SimulatorProcess,
    key: ExchangeKey,
    stream: Callable[..., None],
) -> ExchangeKey:
    """A key whose stream is live, answers pings, and tells nothing any more."""
    stream()
    wait_taken(key)
    wait_equal(simulator, key)
    simulator.control.post("faults", kind="mute_sockets")
    return key


def test_a_fill_that_came_with_the_answer(mute: ExchangeKey, simulator: SimulatorProcess) -> None:
    place_resting_order(mute, type="market", price=None)
    wait_equal(simulator, mute)


def test_a_fill_that_a_check_found(mute: ExchangeKey, simulator: SimulatorProcess) -> None:
    order = place_resting_order(mute)
    fill_order(simulator, order, "0.004")
    sweep.run_sweep(force=True)
    wait_equal(simulator, mute)


def test_an_end_that_the_cancel_was_answered_with(
    mute: ExchangeKey, simulator: SimulatorProcess
) -> None:
    order = place_resting_order(mute)
    fetch.refresh_key(mute.pk)
    assert read_balances(mute)["USDT"][1] == 500
    submission.cancel_at_venue(order.pk)
    wait_equal(simulator, mute)


def test_a_stream_that_says_live_is_not_believed_for_longer_than_a_minute(
    simulator: SimulatorProcess, key: ExchangeKey
) -> None:
    now = timezone.now()
    lease = {"holder": "another", "state": StreamState.LIVE, "expires_at": now + timedelta(hours=1)}
    since = {"connected_since": now, "last_reconcile_at": now}
    StreamLease.objects.create(key=key, **lease, **since)
    assert fetch.refresh_due(now=now) == 1
    simulator.control.post("deposit", key=key.api_key, asset="ETH", amount="7")
    assert fetch.refresh_due(now=now + timedelta(seconds=40)) == 0, "not so soon again"
    assert fetch.refresh_due(now=now + timedelta(seconds=50)) == 1, "else it were too late"
    wait_equal(simulator, key)


def test_where_the_limit_is_short_the_unheard_come_first(
    simulator: SimulatorProcess, user: User, other_user: User, open_key: OpenKey, settings: Any
) -> None:
    live, unheard = open_key(user), open_key(other_user)
    now = timezone.now()
    StreamLease.objects.create(
        key=live,
        state=StreamState.LIVE,
        expires_at=now + timedelta(hours=1),
        connected_since=now,
        last_reconcile_at=now,
    )
    ExchangeKey.objects.filter(pk=live.pk).update(holdings_at=now - timedelta(minutes=5))
    ExchangeKey.objects.filter(pk=unheard.pk).update(holdings_at=now - timedelta(minutes=1))
    settings.HOLDINGS_SHARE = 20 / 6000  # one question at a time
    assert fetch.refresh_due(now=now) == 1
    assert (read_balances(live), read_balances(unheard) != {}) == ({}, True)


def test_many_requests_are_one_question_and_a_later_one_another(
    key: ExchangeKey, simulator: SimulatorProcess, worker: None
) -> None:
    for _ in range(20):
        request.request_refresh(key.pk)
    wait_equal(simulator, key)
    assert count_questions(simulator) == 1
    simulator.control.post("deposit", key=key.api_key, asset="ETH", amount="7")
    request.request_refresh(key.pk)
    wait_equal(simulator, key)
    assert count_questions(simulator) == 2


def test_a_request_is_not_worth_an_error(key: ExchangeKey, settings: Any) -> None:
    away = "unix:///nowhere/redis.sock"
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": away}}
    request.request_refresh(key.pk)


def count_questions(simulator: SimulatorProcess) -> int:
    endpoints = simulator.control.get("state")["endpoints"]
    return sum(number for name, number in endpoints.items() if name.endswith("/api/v3/account"))
