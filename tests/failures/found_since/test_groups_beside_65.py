"""FAILURES 65: groups beside others: who waits, who places outside, stream and queue together."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from exchanges.base import OrderRequest
from orders import placement
from orders.groups import evaluation
from orders.models import Order
from tests.failures.harness import groups
from tests.failures.harness.groups import (
    LOSS_AT,
    PROFIT_AT,
    QUANTITY,
    check_at_rest,
    enter,
    get_exit,
    list_open_there,
    move_price,
    place_bracket,
    read_group,
    read_left,
    settle,
    work_through,
)
from tests.failures.harness.scene import Scene
from tests.services import wait_until


@pytest.fixture
def scene(scene: Scene) -> Scene:
    scene.know_symbols()
    move_price(scene, groups.PRICE)
    return scene


def test_65_what_is_too_little_for_an_exit_waits_for_more(scene: Scene) -> None:
    """Three USDT are too few for Binance, and what it refuses is not placed again."""
    entry = enter(scene, "0.00005")
    check_at_rest(scene, "waiting")
    assert read_group().note == "0.00004 left, too little for an exit"
    scene.fill(entry)
    settle(scene)
    left = read_left(entry)
    check_at_rest(scene, "active", take_profit=left, stop_loss=left)


def test_65_a_pair_placed_outside_is_shown_with_its_group(scene: Scene) -> None:
    exits = [
        replace(a_request(scene, "take_profit", PROFIT_AT), client_order_id="web_1"),
        replace(a_request(scene, "stop_loss", LOSS_AT), client_order_id="web_2"),
    ]
    scene.ask_elsewhere(lambda venue: venue.place_pair(exits, name="web_pair"))
    scene.look_over()
    profit, loss = Order.objects.order_by("client_order_id")
    assert (profit.type, loss.type) == ("take_profit", "stop_loss")
    assert profit.group == loss.group != ""
    assert (profit.origin, profit.order_group) == ("external", None)
    move_price(scene, PROFIT_AT)
    scene.sweep()
    statuses = Order.objects.order_by("client_order_id").values_list("status", flat=True)
    assert list(statuses) == ["filled", "expired"]
    scene.agree()


def a_request(scene: Scene, kind: str, trigger: Decimal) -> OrderRequest:
    return OrderRequest(
        symbol=scene.market.symbol,
        side="sell",
        type=kind,
        time_in_force="GTC",
        quantity=QUANTITY,
        price=None,
        trigger_price=trigger,
        client_order_id="",
    )


@pytest.mark.parametrize("market", ["binance-spot", "okx-futures"], indirect=True)
def test_65_stream_and_queue_carry_it_through(scene: Scene, worker: None) -> None:
    """Nobody sweeps: the fill is heard, the worker decides, sends, and ends the other exit."""
    with scene.streaming():
        entry = place_bracket(scene)
        scene.wait(entry, "new")
        scene.fill(entry)
        wait_until(lambda: Order.objects.filter(status="new").count() == 2, what="both exits")
        scene.wait_for_frame("order_update", id=entry.pk, status="filled")
        move_price(scene, PROFIT_AT)
        wait_until(lambda: read_group().state == "done", what=f"done: {read_group().state}")
    left = read_left(entry)
    assert (get_exit("take_profit").filled, list_open_there(scene)) == (left, set())
    scene.agree()


def test_65_who_waited_for_the_decision_tells_its_outcome(scene: Scene) -> None:
    """A change of an order that waits for its lock meanwhile shows what the group is by then."""
    entry = place_bracket(scene)
    work_through(scene)
    scene.fill(entry, "0.005")
    scene.sweep()

    def cancel() -> None:
        placement.cancel_order(entry, by="ada", now=timezone.now())
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            evaluation.evaluate_group(read_group().pk, now=timezone.now())
            cancelled = pool.submit(cancel)
            wait_until(count_waiting, what="the other one waiting")
        cancelled.result(20)
    assert read_group().state == "active"
    scene.agree()


def count_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])
