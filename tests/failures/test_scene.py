"""The scene itself: what is done by hand at the venue is here, and at the socket."""

from decimal import Decimal

from tests.failures.harness.scene import Scene
from tests.trading import reload_order


def test_what_the_sweep_finds_is_at_the_socket(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    scene.sweep()
    assert reload_order(order).filled == Decimal("0.004")
    scene.wait_for_frame("order_update", id=order.pk, status="partially_filled", filled="0.004")
    scene.cancel_by_hand(order)
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")


def test_what_the_stream_tells_is_at_the_socket(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        scene.fill(order, "0.004")
        scene.wait_for_frame("order_update", id=order.pk, status="partially_filled")
        with scene.broken_stream():
            scene.fault("drop_sockets")
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk)
    assert order.fills.count() == 2
