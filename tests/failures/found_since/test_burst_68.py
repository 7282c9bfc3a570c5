"""FAILURES 68: 500 fills at once, on one order and on twenty, are told by the stream, in order."""

from collections import defaultdict
from decimal import Decimal

import pytest

from orders.checks import stream_first
from orders.models import Fill, Order, OrderChange
from tests.failures.harness.markets import ONE_OF_EACH_PROTOCOL
from tests.failures.harness.scene import Scene

everywhere = pytest.mark.parametrize("market", ONE_OF_EACH_PROTOCOL, indirect=True)
FILLS = 500
PART = Decimal("0.0004")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is: the stream comes first because it tells, not because it won."""
    monkeypatch.setattr(stream_first, "GRACE_SECONDS", 300.0)
    monkeypatch.setattr(stream_first, "JUST_NOW", stream_first.JUST_NOW * 1000)


def place_orders(scene: Scene, number: int) -> list[Order]:
    return [scene.place(quantity=PART * (FILLS // number)) for _ in range(number)]


def fill_at_once(scene: Scene, orders: list[Order]) -> None:
    """The stream tells a first part of each; the rest comes as fast as the venue can say it."""
    parts = FILLS // len(orders)
    for order in orders:
        scene.fill(order, str(PART))
        scene.wait(order, "partially_filled")
    for order in orders:
        scene.fill(order, str(PART * (parts - 1)), parts=parts - 1)


def check_told(scene: Scene, orders: list[Order]) -> None:
    """Every fill came by the stream, once, and each order's fills came in the venue's order."""
    for order in orders:
        scene.wait_for_frame("order_filled", id=order.pk)
    changes = OrderChange.objects.filter(order__in=orders, filled__gt=0)
    assert set(changes.values_list("source", flat=True)) == {"stream"}
    told: dict[int, list[str]] = defaultdict(list)
    for frame in scene.heard("trade"):
        told[frame["data"]["order"]].append(frame["data"]["trade_id"])
    for order in orders:
        trades = told[order.pk]
        assert trades == sorted(set(trades), key=int)
        assert len(trades) == order.quantity / PART
    assert Fill.objects.count() == len(scene.trades_there()) == FILLS


@everywhere
@pytest.mark.parametrize("number", [1, 20])
def test_68_a_burst_is_told_by_the_stream_in_order(scene: Scene, number: int) -> None:
    orders = place_orders(scene, number)
    with scene.streaming():
        fill_at_once(scene, orders)
        scene.sweep()
        check_told(scene, orders)


def test_68_what_a_silent_stream_does_not_tell_is_not_waited_for(scene: Scene) -> None:
    (order,) = place_orders(scene, 1)
    with scene.streaming():
        scene.fault("mute_sockets")
        scene.fill(order, str(PART * 10), parts=10)
        scene.sweep()
    assert Fill.objects.count() == 10
    assert OrderChange.objects.latest("version").source == "poll"
