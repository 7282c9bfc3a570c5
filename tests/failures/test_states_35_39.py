"""FAILURES 35 to 39: words nobody knows, ends in between, and what absence does not prove."""

from decimal import Decimal

import pytest

from orders import reconciler
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

FOUR = Decimal("0.004")


def test_35_a_status_nobody_knows_changes_nothing_and_is_said(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    order = scene.place()
    strange = scene.fault("unknown_status", value="IN_LIMBO")
    scene.sweep()
    assert reload_order(order).status == "new"
    assert "a status nobody knows: IN_LIMBO" in caplog.text
    scene.mend(strange)
    scene.fill(order)
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk)


@pytest.mark.parametrize(
    ("word", "status"),
    [("EXPIRED_IN_MATCH", "expired"), ("REJECTED", "rejected"), ("EXPIRED", "expired")],
)
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_35_ends_of_every_name_end_it_with_that_name_as_the_reason(
    scene: Scene, word: str, status: str, way: str
) -> None:
    order = scene.place()
    if way == "stream":
        with scene.streaming():
            scene.fault("unknown_status", value=word)
            scene.cancel_by_hand(order)
            scene.wait(order, status)
    else:
        scene.fault("unknown_status", value=word)
        scene.sweep()
    frame = scene.wait_for_frame("order_update", id=order.pk, status=status)
    assert word in frame["data"]["ended_reason"]
    assert reload_order(order).status == status


def test_35_one_bad_row_does_not_hide_the_others(scene: Scene) -> None:
    """An instrument of which no market list has heard stands first in the list and the stream."""
    orders = [scene.place() for _ in range(3)]
    scene.fault("unlisted")
    scene.fill(orders[0])
    scene.fill(orders[1], "0.004")
    assert scene.sweep().checked == 3
    scene.wait(orders[0], "filled")
    scene.wait(orders[1], "partially_filled")
    with scene.streaming():
        scene.fill(orders[2])
        scene.wait_for_frame("order_filled", id=orders[2].pk)
    found = scene.lease()
    assert found
    assert found.restarts == 0


def test_35_an_order_that_meets_its_own_account_expires_in_the_match(scene: Scene) -> None:
    scene.simulator.control.post("liquidity", symbol=scene.market.name, depth="0")
    resting = scene.place()
    with scene.streaming():
        taker = scene.place(side="sell")
        scene.wait_for_frame("order_update", id=resting.pk, status="expired")
    assert "EXPIRED_IN_MATCH" in reload_order(resting).ended_reason
    assert reload_order(taker).status == "new"


def test_36_filled_in_part_at_once_and_expired_keeps_what_was_filled(scene: Scene) -> None:
    scene.simulator.control.post("liquidity", symbol=scene.market.name, depth="0.004", levels=1)
    order = scene.place(time_in_force="IOC", price=Decimal("70000"))
    frame = scene.wait_for_frame("order_update", id=order.pk, status="expired", filled="0.004")
    assert frame["data"]["remaining"] == "0"
    assert reload_order(order).fills_quantity == FOUR
    assert [trade["data"]["quantity"] for trade in scene.heard("trade")] == ["0.004"]


def test_36_all_or_nothing_that_gets_nothing_expires_with_nothing(scene: Scene) -> None:
    scene.simulator.control.post("liquidity", symbol=scene.market.name, depth="0.004", levels=1)
    order = scene.place(time_in_force="FOK", price=Decimal("70000"))
    scene.wait_for_frame("order_update", id=order.pk, status="expired", filled="0")
    assert not order.fills.exists()


def test_38_left_out_of_a_list_once_is_nothing_but_a_question(scene: Scene) -> None:
    orders = [scene.place() for _ in range(3)]
    scene.fault("order_missing", scene.market.open_orders, order=orders[0].client_order_id)
    scene.sweep()
    assert {reload_order(order).status for order in orders} == {"new"}
    assert {reload_order(order).misses for order in orders} == {0}
    assert len(scene.heard("order_update", status="new")) == 3


def test_38_an_empty_list_ends_nothing(scene: Scene) -> None:
    orders = [scene.place() for _ in range(3)]
    for order in orders:
        scene.fault("order_missing", scene.market.open_orders, order=order.client_order_id)
    for _ in range(reconciler.MISSES_TO_END + 1):
        scene.sweep()
    assert {reload_order(order).status for order in orders} == {"new"}


def test_39_a_cancel_that_was_not_carried_out_leaves_it_open_until_it_is(scene: Scene) -> None:
    order = scene.place()
    deaf = scene.fault("status", scene.market.order, "DELETE", status=503, code=-1000)
    reconciler.request_cancel(order.pk, by="its owner", now=order.created_at)
    for _ in range(3):
        scene.cancel(order)
        scene.sweep()
    assert reload_order(order).status == "new"
    scene.wait_for_frame("order_update", id=order.pk, status="new", cancel_requested=True)
    assert not scene.heard("order_update", id=order.pk, status="canceled")
    scene.mend(deaf)
    scene.cancel(order)
    scene.wait_for_frame("order_update", id=order.pk, status="canceled")
    assert [row["status"] for row in scene.orders_there()] == ["CANCELED"]


def test_39_a_cancel_without_an_answer_is_looked_up_and_not_believed(scene: Scene) -> None:
    order = scene.place()
    scene.fault("hang_after_accept", scene.market.order, "DELETE", times=1)
    scene.cancel(order)
    assert reload_order(order).status == "new"
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0")


def test_39_not_found_after_a_cancel_is_no_end_before_the_venue_has_said_so_often(
    scene: Scene,
) -> None:
    order = scene.place()
    lost = scene.fault("order_missing")
    scene.fault("close", scene.market.order, "DELETE")
    scene.cancel(order)
    scene.sweep()
    assert reload_order(order).status == "new"
    scene.mend(lost)
    scene.sweep()
    assert (reload_order(order).status, reload_order(order).misses) == ("new", 0)
