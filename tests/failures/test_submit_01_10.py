"""FAILURES 1 to 10: what becomes of an order whose submit or cancel did not go as it should."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from exchanges import pool
from exchanges.through_ccxt import client
from orders import order_state, reconciler, submission
from orders.models import Order
from orders.submission import StillUnknown
from tests.failures.harness.markets import ONE_OF_EACH_PROTOCOL
from tests.failures.harness.scene import Scene
from tests.orders.conftest import move_to_past
from tests.trading import reload_order

everywhere = pytest.mark.parametrize("market", ONE_OF_EACH_PROTOCOL, indirect=True)
NO_SUCH_ORDER: dict[str, dict[str, Any]] = {
    "binance": {"status": 400, "code": -2011, "message": "Unknown order sent."},
    "okx": {
        "status": 200,
        "body": {
            "code": "1",
            "msg": "All operations failed",
            "data": [{"ordId": "", "clOrdId": "", "sCode": "51400", "sMsg": "Cancellation failed"}],
        },
    },
    "bybit": {"status": 200, "code": 170213, "message": "Order does not exist."},
}


def send_without_an_answer(scene: Scene, **changes: Any) -> Order:
    """Written down, sent, and nobody can say whether it arrived."""
    order = scene.intend(**changes)
    with pytest.raises(StillUnknown):
        submission.submit_order(order.pk)
    scene.wait_for_frame("order_update", id=order.pk, status="unknown")
    return reload_order(order)


def names_there(scene: Scene) -> list[str]:
    return [row["clientOrderId"] for row in scene.orders_there()]


def asked_to_cancel(scene: Scene, order: Order) -> Order:
    return reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())


@contextmanager
def spoiled(scene: Scene, kind: str, what: str, **more: Any) -> Iterator[None]:
    """Break placing, cancelling or reading for the length of the block."""
    market = scene.market
    path, method = {
        "place": (market.order, "POST"),
        "cancel": (market.cancel, market.cancel_method),
        "read": ("", "GET"),
    }[what]
    fault = scene.fault(kind, path, method, **more)
    yield
    scene.mend(fault)


@pytest.mark.parametrize("kind", ["hang_after_accept", "close_after_accept", "truncate"])
def test_01_accepted_and_open_without_an_answer_is_adopted(scene: Scene, kind: str) -> None:
    with spoiled(scene, kind, "place", times=1):
        order = send_without_an_answer(scene)
    assert submission.submit_order(order.pk) is None  # nobody sends it again
    submission.look_up_order(order.pk)
    scene.wait_for_frame("order_update", id=order.pk, status="new")
    assert reload_order(order).exchange_order_id
    assert names_there(scene) == [order.client_order_id]


def test_01_the_stream_may_be_the_first_to_know(scene: Scene) -> None:
    order = scene.intend()
    with scene.streaming(), spoiled(scene, "close_after_accept", "place", times=1):
        with suppress(StillUnknown):  # unless the stream was faster
            submission.submit_order(order.pk)
        scene.wait_for_frame("order_update", id=order.pk, status="new")
    assert reload_order(order).exchange_order_id
    assert names_there(scene) == [order.client_order_id]


@everywhere
def test_01_an_order_that_waits_for_its_trigger_is_adopted_too(scene: Scene) -> None:
    stop: dict[str, Any] = {"type": "stop_loss", "side": "sell", "price": None}
    lost = scene.fault("close_after_accept", method="POST")
    order = send_without_an_answer(scene, **stop, trigger_price=Decimal(45000))
    scene.mend(lost)
    submission.look_up_order(order.pk)
    scene.wait_for_frame("order_update", id=order.pk, status="new")
    scene.simulator.control.post("price", symbol=scene.market.name, price="45000")
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    scene.sweep()
    assert reload_order(order).fills_quantity == Decimal("0.01")


@everywhere
def test_03_an_order_that_waits_and_never_arrived_ends_too(scene: Scene) -> None:
    stop: dict[str, Any] = {"type": "stop_loss", "side": "sell", "price": None}
    lost = scene.fault("close", method="POST")
    order = send_without_an_answer(scene, **stop, trigger_price=Decimal(45000))
    scene.mend(lost)
    move_to_past(order)
    for _ in range(reconciler.MISSES_TO_END):
        scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="rejected")


@everywhere
def test_02_filled_before_we_look_is_found_though_no_list_has_it(scene: Scene) -> None:
    with spoiled(scene, "hang_after_accept", "place", times=1):
        order = send_without_an_answer(scene, price=Decimal("65000"))
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    assert reload_order(order).fills_quantity == Decimal("0.01")
    assert names_there(scene) == [order.client_order_id]


def test_03_never_received_ends_after_misses_and_a_grace_and_is_not_sent_again(
    scene: Scene,
) -> None:
    with spoiled(scene, "close", "place", times=1):
        order = send_without_an_answer(scene)
    for _ in range(reconciler.MISSES_TO_END + 1):
        scene.sweep()
    assert reload_order(order).status == "unknown"  # absent often enough, but not for long enough
    move_to_past(order)
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="rejected")
    assert "never arrived" in reload_order(order).ended_reason
    assert reload_order(order).end_is_assumed
    assert names_there(scene) == []


def test_03_misses_that_are_no_answers_do_not_count(scene: Scene) -> None:
    with spoiled(scene, "close", "place", times=1):
        order = send_without_an_answer(scene)
    move_to_past(order)
    with spoiled(scene, "ambiguous", "read"):
        for _ in range(reconciler.MISSES_TO_END + 1):
            scene.sweep()
    assert (reload_order(order).status, reload_order(order).misses) == ("unknown", 0)
    for _ in range(reconciler.MISSES_TO_END):
        scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="rejected")


@everywhere
def test_04_a_name_that_the_venue_has_already_is_success(scene: Scene) -> None:
    order = scene.intend()
    wish = order_state.build_request(order)
    pool.call(scene.key, lambda venue: venue.place_order(wish))  # an attempt that nobody remembers
    with pytest.raises(StillUnknown):
        submission.submit_order(order.pk)
    submission.look_up_order(order.pk)
    scene.wait_for_frame("order_update", id=order.pk, status="new")
    assert reload_order(order).exchange_order_id
    assert names_there(scene) == [order.client_order_id]


def test_04_ccxt_repeats_no_request_by_itself(scene: Scene) -> None:
    assert client.OPTIONS["maxRetriesOnFailure"] == 0
    scene.simulator.control.delete("counters")
    with spoiled(scene, "ambiguous", "place"):
        send_without_an_answer(scene)
    asked = scene.simulator.control.get("state")["endpoints"]
    assert asked[f"POST {scene.market.order}"] == 1


@everywhere
@pytest.mark.parametrize(
    ("kind", "landed"), [("ambiguous", False), ("ambiguous_after_accept", True)]
)
def test_05_an_unknown_error_is_unknown_and_not_failed(
    scene: Scene, kind: str, landed: bool
) -> None:
    with spoiled(scene, kind, "place", times=1):
        order = send_without_an_answer(scene)
    scene.sweep()
    assert reload_order(order).status == ("new" if landed else "unknown")
    assert names_there(scene) == ([order.client_order_id] if landed else [])


@everywhere
def test_06_an_answer_without_a_status_is_open_and_not_filled_with_nothing(scene: Scene) -> None:
    order = scene.intend()
    answer = {"symbol": "BTCUSDT", "orderId": 10_000_000}
    answer |= {"clientOrderId": order.client_order_id, "transactTime": 1, "updateTime": 1}
    if scene.market.order == "/api/v3/order":  # others answer with ids, or always with more
        scene.fault("status_after_accept", scene.market.order, "POST", status=200, body=answer)
    submission.submit_order(order.pk)
    scene.wait_for_frame("order_update", id=order.pk, status="new", filled="0")
    assert (reload_order(order).status, reload_order(order).ended_at) == ("new", None)


@everywhere
def test_07_not_shown_right_after_it_was_placed(scene: Scene) -> None:
    order = scene.place()
    hidden = scene.fault("order_missing", order=order.client_order_id)
    for _ in range(reconciler.MISSES_TO_END + 1):
        scene.sweep()
    assert (reload_order(order).status, reload_order(order).misses) == (
        "new",
        reconciler.MISSES_TO_END + 1,
    )
    scene.mend(hidden)
    scene.fill(order, "0.004")
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="partially_filled")
    assert reload_order(order).misses == 0
    assert not scene.heard("order_update", status="canceled")


@pytest.mark.parametrize("body", [{}, [], "null"], ids=["nothing", "an empty list", "null"])
def test_08_an_answer_that_does_not_name_the_order_is_ambiguous(scene: Scene, body: Any) -> None:
    with spoiled(scene, "status_after_accept", "place", times=1, status=200, body=body):
        order = send_without_an_answer(scene)
    submission.look_up_order(order.pk)
    scene.wait_for_frame("order_update", id=order.pk, status="new")
    assert names_there(scene) == [order.client_order_id]


@everywhere
def test_10_a_cancel_that_failed_is_not_taken_for_done(scene: Scene) -> None:
    order = scene.place()
    asked_to_cancel(scene, order)
    with spoiled(scene, "status", "cancel", times=1, **NO_SUCH_ORDER[scene.market.venue]):
        assert scene.cancel(order).status == "new"
    assert [row["status"] for row in scene.orders_there()] == ["NEW"]
    assert reload_order(order).cancel_requested_at
    assert not scene.heard("order_update", id=order.pk, status="canceled")
    scene.cancel(order)  # the sweep hands it on again
    scene.wait_for_frame("order_update", id=order.pk, status="canceled")
    assert [row["status"] for row in scene.orders_there()] == ["CANCELED"]


def test_10_a_cancel_without_an_answer_is_found_out(scene: Scene) -> None:
    order = scene.place()
    asked_to_cancel(scene, order)
    with spoiled(scene, "ambiguous_after_accept", "cancel", times=1):
        assert scene.cancel(order).status == "new"
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0")
