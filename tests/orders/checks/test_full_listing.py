"""Whole lists are read now and then, out of a share of theirs, and never instead of a check."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from exchanges import venues
from exchanges.limits import weight_budget
from exchanges.models import ExchangeKey
from orders import tasks
from orders.checks import full_listing, sweep
from orders.models import Order
from tests.orders.test_external_orders import get_external, place_by_hand, place_resting_order
from tests.simulator import SimulatorProcess
from tests.trading import reload_order
from users.models import User

SPOT = venues.get_weights("binance", "spot")


@pytest.fixture
def spent(key: ExchangeKey, settings: Settings) -> Any:
    """Use up the budget of full lists; checks may still be sent."""
    share = int(SPOT.per_minute * settings.SURVEY_SHARE)
    window = weight_budget.LISTINGS
    assert weight_budget.try_spend(key, share, now=timezone.now(), window=window)


def test_the_beat_finds_what_was_placed_by_hand(key: ExchangeKey) -> None:
    place_by_hand(key)
    tasks.list_all_open()
    assert get_external().status == "new"


def test_a_resync_finds_it_too(key: ExchangeKey) -> None:
    place_by_hand(key)
    tasks.check_key(key.pk)
    assert get_external().status == "new"


def test_too_dear_by_now_it_waits_and_what_is_known_is_asked(
    key: ExchangeKey, spent: None, simulator: SimulatorProcess
) -> None:
    order = place_resting_order(key)
    place_by_hand(key)
    simulator.control.post("fill", clientOrderId=order.client_order_id, quantity="0.01")
    outcome = sweep.reconcile_key(key.pk, full=True)
    assert (outcome.errors, outcome.deferred) == (0, 0)
    assert reload_order(order).status == "filled"
    assert not Order.objects.filter(origin="external").exists()
    assert full_listing.list_due_keys(now=timezone.now()) == [key]


def test_a_key_without_orders_is_reconciled_even_then(key: ExchangeKey, spent: None) -> None:
    outcome = sweep.reconcile_key(key.pk, full=True)
    assert (outcome.errors, outcome.deferred, outcome.weight) == (0, 0, 0)


def test_a_list_that_could_not_be_read_is_read_again(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    match = {"path": "/api/v3/openOrders", "key": key.api_key}
    simulator.control.post("faults", kind="status", status=503, code=-1000, match=match, times=1)
    now = timezone.now()
    tasks.list_all_open()
    assert full_listing.list_due_keys(now=now) == [key]
    tasks.list_all_open()
    assert full_listing.list_due_keys(now=now) == []
    assert full_listing.list_due_keys(now=now + timedelta(minutes=6)) == [key]


def test_a_switched_off_key_is_not_asked(key: ExchangeKey, simulator: SimulatorProcess) -> None:
    ExchangeKey.objects.update(is_active=False)
    simulator.control.delete("counters")
    sweep.read_full_lists(full_listing.load_key(key.pk))
    assert simulator.control.get("state")["requests_by_key"].get(key.api_key, 0) == 0


def test_keys_that_cannot_be_read_do_not_keep_the_others_waiting(
    key: ExchangeKey,
    other_user: User,
    open_key: Callable[[User], ExchangeKey],
    simulator: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = open_key(other_user)
    place_by_hand(other)
    monkeypatch.setattr(full_listing, "BATCH", 1)
    match = {"path": "/api/v3/openOrders", "key": key.api_key}
    simulator.control.post("faults", kind="status", status=503, code=-1000, match=match)
    tasks.list_all_open()
    tasks.list_all_open()
    assert get_external().key == other
    assert key in full_listing.list_due_keys(now=timezone.now())
