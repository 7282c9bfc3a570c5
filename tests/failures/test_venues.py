"""The same seven situations at every venue, through adapter, database and socket."""

from decimal import Decimal

import pytest

from exchanges import pool
from orders.models import Order, OrderChange
from tests.failures.harness.scene import MARKETS, Scene
from tests.trading import reload_order

pytestmark = pytest.mark.parametrize("market", list(MARKETS), indirect=True)


def test_a_placed_order_rests_and_is_seen(scene: Scene) -> None:
    order = scene.place()
    scene.sweep()
    assert reload_order(order).status == "new"
    assert reload_order(order).exchange_order_id
    scene.wait_for_frame("order_update", id=order.pk, status="new")
    assert [found["clientOrderId"] for found in scene.orders_there()] == [order.client_order_id]


def test_a_cancelled_order_ends(scene: Scene) -> None:
    order = scene.place()
    scene.cancel(order)
    scene.sweep()
    assert reload_order(order).status == "canceled"
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0")


@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
def test_what_is_amended_by_hand_is_followed(scene: Scene, told: bool) -> None:
    order = scene.place()
    if told:
        with scene.streaming():
            _amend(scene, order.client_order_id)
            scene.wait_for_frame("order_update", id=order.pk, price="49000")
    else:
        _amend(scene, order.client_order_id)
        scene.sweep()
    after = reload_order(order)
    assert (after.status, after.price, after.quantity) == ("new", Decimal("49000"), Decimal("0.02"))
    assert OrderChange.objects.filter(order=order, actor="hand").exists()


def test_a_fill_is_told_by_the_stream(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        scene.fill(order, "0.004")
        scene.wait_for_frame("order_update", id=order.pk, status="partially_filled", filled="0.004")
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
    _settled(scene, order.pk, parts=2)


def test_a_fill_is_found_by_asking(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order)
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk)
    _settled(scene, order.pk, parts=1)


@pytest.mark.parametrize("told", [True, False], ids=["told", "found"])
def test_a_part_filled_before_the_cancel_stays(scene: Scene, told: bool) -> None:
    order = scene.place()
    if told:
        with scene.streaming():
            scene.fill(order, "0.004")
            scene.cancel_by_hand(order)
            scene.wait(order, "canceled")
    else:
        scene.fill(order, "0.004")
        scene.cancel_by_hand(order)
        scene.sweep()
    scene.sweep()
    after = reload_order(order)
    assert (after.status, after.filled, after.fills_quantity) == (
        "canceled",
        *[Decimal("0.004")] * 2,
    )


def test_what_happens_while_we_are_away_is_known_after(scene: Scene) -> None:
    order, other = scene.place(), scene.place()
    with scene.streaming():
        scene.fill(order, "0.004")
        scene.wait_for_frame("order_update", id=order.pk, status="partially_filled")
    pool.close()
    scene.fill(order)
    scene.cancel_by_hand(other)
    with scene.streaming():
        scene.wait_for_frame("order_filled", id=order.pk)
        scene.wait(other, "canceled")
    _settled(scene, order.pk, parts=2)


def _amend(scene: Scene, name: str) -> None:
    scene.simulator.control.post(
        "amend", clientOrderId=name, account=scene.key.api_key, price="49000", quantity="0.02"
    )


def _settled(scene: Scene, order_id: int, *, parts: int) -> None:
    """Filled to the last digit, each part once, with the fee that the venue took."""
    scene.sweep()
    order = Order.objects.get(pk=order_id)
    theirs = {trade["id"]: trade for trade in scene.trades_there()}
    fills = list(order.fills.all())
    assert (order.status, order.filled, order.fills_quantity) == ("filled", *[order.quantity] * 2)
    assert len(fills) == len(theirs) == parts
    assert sum(fill.fee for fill in fills if fill.fee) == sum(
        Decimal(trade["commission"]) for trade in theirs.values()
    )
