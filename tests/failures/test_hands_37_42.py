"""FAILURES 37 and 40 to 42: other hands at the same account, and whose a fill is."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from bots.models import Bot
from orders import reconciler, submission
from orders.checks import sweep
from orders.models import Fill, Order, OrderChange
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

FOUR = Decimal("0.004")


def look(scene: Scene, way: str) -> None:
    """Asked for by a sweep; the stream tells by itself."""
    if way == "sweep":
        scene.sweep()


@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_37_replaced_by_hand_it_lives_on_under_its_new_name(scene: Scene, way: str) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    scene.sweep()
    if way == "stream":
        with scene.streaming():
            scene.replace_by_hand(order, price="52000", quantity="0.006")
            scene.wait_for_frame("order_update", id=order.pk, price="52000", filled="0.004")
            scene.fill(order)
            scene.wait_for_frame("order_filled", id=order.pk)
    else:
        scene.replace_by_hand(order, price="52000", quantity="0.006")
        scene.sweep()
        scene.wait_for_frame("order_update", id=order.pk, price="52000", filled="0.004")
        scene.fill(order)
        scene.sweep()
    done = reload_order(order)
    assert done.exchange_order_id != order.exchange_order_id
    assert (done.status, done.filled, done.fills_quantity) == ("filled", *[Decimal("0.01")] * 2)
    assert done.cost == FOUR * 50000 + Decimal("0.006") * 52000
    assert Order.objects.count() == 1
    assert "hand" in OrderChange.objects.filter(order=order).values_list("actor", flat=True)


def test_37_the_end_of_the_old_name_is_no_end_of_the_order(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        scene.replace_by_hand(order, price="52000")
        scene.wait_for_frame("order_update", id=order.pk, status="new", price="52000")
        scene.cancel(order)
        scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0")
    assert {row["status"] for row in scene.orders_there()} == {"CANCELED"}
    assert reload_order(order).ended_at


def test_37_a_cancel_under_the_old_name_ends_nothing_and_reaches_the_new_one(
    scene: Scene,
) -> None:
    """Replaced, and nobody has told us: what is executed under both names counts."""
    order = scene.place()
    scene.fill(order, "0.004")
    scene.replace_by_hand(order, price="52000", quantity="0.006")
    reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())
    assert scene.cancel(order).status == "new"
    scene.sweep()
    assert reload_order(order).exchange_order_id != order.exchange_order_id
    scene.fill(order, "0.001")
    scene.cancel(order)
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.005")
    assert reload_order(order).fills_quantity == Decimal("0.005")
    assert {row["status"] for row in scene.orders_there()} == {"CANCELED"}


@pytest.mark.parametrize("way", ["stream", "lists"])
def test_40_an_order_placed_by_hand_is_shown_as_external_and_left_alone(
    scene: Scene, way: str
) -> None:
    mine = scene.place()
    with scene.streaming():
        scene.place_by_hand()
        if way == "lists":
            scene.look_over()
        frame = scene.wait_for_frame("order_update", origin="external", client_order_id="web_77")
    assert (frame["data"]["bot"], frame["data"]["quantity"]) == (None, "0.02")
    status, answer = scene.trader.ask("POST", "orders/cancel-all/", {})
    assert status == 202, answer
    by_hand = Order.objects.get(origin="external")
    assert reload_order(by_hand).cancel_requested_at is None
    assert reload_order(mine).cancel_requested_at
    status, answer = scene.trader.ask("POST", f"orders/{by_hand.pk}/cancel/")
    assert status == 409, answer
    theirs = [row for row in scene.orders_there() if row["clientOrderId"] == "web_77"]
    assert [row["status"] for row in theirs] == ["NEW"]


@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_40_cancelled_by_hand_is_said_to_be_by_hand(scene: Scene, way: str) -> None:
    order = scene.place()
    if way == "stream":
        with scene.streaming():
            scene.cancel_by_hand(order)
            scene.wait_for_frame("order_update", id=order.pk, status="canceled", ended_by="hand")
    else:
        scene.cancel_by_hand(order)
        scene.sweep()
        scene.wait_for_frame("order_update", id=order.pk, status="canceled", ended_by="hand")
    assert OrderChange.objects.filter(order=order).latest("version").actor == "hand"


def test_40_a_fill_by_hand_of_an_external_order_is_its_own(scene: Scene) -> None:
    mine = scene.place()
    with scene.streaming():
        said = scene.place_by_hand()
        scene.wait_for_frame("order_update", origin="external")
        scene.simulator.control.post(
            "fill", orderId=int(said.exchange_order_id), symbol=scene.market.name
        )
        scene.wait_for_frame("order_filled", origin="external")
    assert (reload_order(mine).status, mine.fills.count()) == ("new", 0)
    assert Fill.objects.get().order.origin == "external"


def test_41_a_fill_while_we_were_away_is_that_orders_and_not_a_siblings(scene: Scene) -> None:
    first, second = scene.place(), scene.place()
    with scene.streaming():
        pass  # and then it is gone
    scene.fill(first, "0.004")
    scene.cancel_by_hand(first)
    third = scene.place()
    with scene.streaming():
        scene.wait_for_frame("order_update", id=first.pk, status="canceled", filled="0.004")
    assert [(fill.order_id, fill.quantity) for fill in Fill.objects.all()] == [(first.pk, FOUR)]
    assert {(reload_order(o).status, reload_order(o).filled) for o in (second, third)} == {
        ("new", 0)
    }


def test_41_after_its_end_was_recorded_a_fill_still_finds_its_order(scene: Scene) -> None:
    """Told by nobody while it happened: the order counted more than its parts show."""
    order, sibling = scene.place(), scene.place()
    scene.fill(order, "0.004")
    scene.cancel_by_hand(order)
    scene.fault("fills_missing", scene.market.fills, times=1)
    scene.sweep()
    assert (reload_order(order).status, reload_order(order).fills_quantity) == ("canceled", 0)
    scene.sweep()
    assert reload_order(order).fills_quantity == FOUR
    scene.wait_for_frame("trade", order=order.pk, quantity="0.004")
    assert not sibling.fills.exists()


def test_42_two_bots_on_one_symbol_of_one_account_have_each_their_own(scene: Scene) -> None:
    bots = [
        Bot.objects.create(user=scene.user, key=scene.key, name=name, symbol=scene.market.symbol)
        for name in ("left", "right")
    ]
    left, right = (scene.place(bot=bot) for bot in bots)
    with scene.streaming():
        scene.fill(left, "0.004")
        scene.fill(right)
        scene.wait_for_frame("order_filled", id=right.pk, bot_name="right")
        scene.wait_for_frame("order_update", id=left.pk, bot_name="left", filled="0.004")
    assert {fill.order.bot_id: fill.quantity for fill in Fill.objects.all()} == {
        bots[0].pk: FOUR,
        bots[1].pk: Decimal("0.01"),
    }


def test_42_two_processes_at_once_send_once_and_record_once(scene: Scene) -> None:
    order = scene.intend()
    in_parallel(lambda: submission.submit_order(order.pk))
    assert len(scene.orders_there()) == 1
    scene.fill(order, "0.004")
    scene.fill(order, "0.006")
    in_parallel(lambda: sweep.reconcile_key(scene.key.pk))
    assert reload_order(order).status == "filled"
    assert (Fill.objects.count(), len(scene.trades_there())) == (2, 2)
    scene.wait_for_frame("order_filled", id=order.pk)
    assert len(scene.heard("order_filled")) == 1


def in_parallel(do: object, times: int = 4) -> None:
    def one(_: int) -> None:
        try:
            do()  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as processes:
        list(processes.map(one, range(times)))


def test_42_a_second_program_on_the_account_is_told_apart_by_name(scene: Scene) -> None:
    """The same symbol, side, price and amount: only the names differ."""
    mine = scene.place()
    scene.place_by_hand(quantity=mine.quantity, price=mine.price, client_order_id="other_1")
    scene.look_over()
    theirs = Order.objects.get(origin="external")
    scene.simulator.control.post("cancel", clientOrderId="other_1", account=scene.key.api_key)
    scene.sweep()
    scene.wait_for_frame("order_update", id=theirs.pk, status="canceled", ended_by="hand")
    assert reload_order(mine).status == "new"
    assert reload_order(mine).submitted_at <= timezone.now()  # type: ignore[operator]
