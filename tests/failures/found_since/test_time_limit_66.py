"""FAILURES 66: orders until a time, which end by it whoever dies, at venues that have it or not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders import submission
from orders.models import Order
from orders.order_state import build_order_name
from tests.failures.harness.scene import MARKETS, Scene
from tests.trading import reload_order

HOUR = timedelta(hours=1)


def place_until(scene: Scene, good_till: datetime) -> Order:
    body: dict[str, Any] = {"key": scene.key.pk, "symbol": scene.market.symbol, "side": "buy"}
    body |= {"type": "limit", "quantity": "0.01", "price": "50000", "time_in_force": "GTD"}
    status, shown = scene.trader.ask("POST", "orders/", body | {"good_till": str(good_till)})
    assert status == 201, shown
    assert shown["good_till"]
    return submission.submit_order(shown["id"]) or Order.objects.get(pk=shown["id"])


def let_time_pass(order: Order) -> None:
    """Its time is over: as if somebody had waited, or everything had been off meanwhile."""
    past = timezone.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk).update(good_till=past)


@pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
def test_66_the_next_sweep_ends_an_order_whose_time_is_over(scene: Scene) -> None:
    order = place_until(scene, timezone.now() + timedelta(minutes=2))
    scene.fill(order, "0.004")
    scene.sweep()
    assert reload_order(order).cancel_requested_at is None
    let_time_pass(order)
    scene.sweep()
    scene.cancel(order)  # which the sweep has queued for a worker
    ended = scene.wait(order, "canceled")
    assert (ended.ended_by, str(ended.filled.normalize())) == ("expiry", "0.004")
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", ended_by="expiry")
    requested_at = ended.cancel_requested_at
    scene.sweep()
    assert reload_order(order).cancel_requested_at == requested_at


@pytest.mark.parametrize("market", ["binance-futures"], indirect=True)
def test_66_where_the_venue_has_it_the_venue_ends_the_order(scene: Scene) -> None:
    good_till = timezone.now() + HOUR
    order = place_until(scene, good_till)
    name = build_order_name(order)
    report = scene.ask_elsewhere(lambda venue: venue.fetch_order(name))
    assert (report.time_in_force, order.good_till) == ("GTD", good_till)
    assert report.good_till == good_till.replace(microsecond=0)
    with scene.streaming():
        scene.simulator.control.post("clock", skew_ms=3_700_000)
        scene.wait_for_frame("order_update", id=order.pk, status="expired", ended_by="expiry")
        scene.simulator.control.post("clock", skew_ms=0)


def test_66_an_order_whose_time_was_over_before_it_was_sent_is_not_sent(scene: Scene) -> None:
    order = scene.intend(time_in_force="GTD", good_till=timezone.now() - timedelta(seconds=1))
    submission.submit_order(order.pk)
    ended = reload_order(order)
    assert (ended.status, ended.ended_reason) == ("denied", "not sent: its time is over")
    assert scene.orders_there() == []


def test_66_cancelled_by_hand_before_its_time_it_did_not_end_by_its_terms(scene: Scene) -> None:
    order = place_until(scene, timezone.now() + HOUR)
    scene.cancel_by_hand(order)
    scene.sweep()
    assert (reload_order(order).status, reload_order(order).ended_by) == ("canceled", "hand")
