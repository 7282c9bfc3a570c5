"""FAILURES 20 to 27: each part is counted once, whatever it is called and whenever told."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from orders import reconciler
from orders.models import Fill, Order
from tests.failures.harness.markets import ONE_OF_EACH_PROTOCOL
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

everywhere = pytest.mark.parametrize("market", ONE_OF_EACH_PROTOCOL, indirect=True)
PARTS = ("0.003", "0.003", "0.004")
FOUR = Decimal("0.004")


@contextmanager
def no_history(scene: Scene) -> Iterator[None]:
    """The database refuses the last row of every change; what came before it must not stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON orders_orderchange"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse() CASCADE")


def parts(order: Order) -> list[Decimal]:
    return sorted(order.fills.values_list("quantity", flat=True))


def parts_heard(scene: Scene, order: Order) -> list[Decimal]:
    frames = scene.heard("trade", order=order.pk)
    return sorted(Decimal(frame["data"]["quantity"]) for frame in frames)


def has_all_parts(scene: Scene, order: Order) -> None:
    """Filled, by as many parts as there were, each told once; the sweep has nothing to add."""
    scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    scene.sweep()
    scene.agree()
    assert parts(order) == parts_heard(scene, order) == [Decimal(part) for part in PARTS]
    assert (reload_order(order).filled, reload_order(order).fills_quantity) == (
        Decimal("0.01"),
    ) * 2
    assert reload_order(order).cost == Decimal("500")
    assert scene.sweep().orders == 0


@everywhere
def test_20_told_by_the_stream_by_the_sweep_and_after_a_restart(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        for part in PARTS[:2]:
            scene.fill(order, part)
        scene.wait_for_frame("order_update", id=order.pk, filled="0.006")
        scene.sweep()
    with scene.streaming():
        scene.simulator.control.post("replay", key=scene.key.api_key, count=6)
        scene.fill(order)
        has_all_parts(scene, order)
    theirs = sum((Decimal(trade["commission"]) for trade in scene.trades_there()), Decimal(0))
    assert reload_order(order).fees == {scene.market.fee_currency: f"{theirs.normalize():f}"}


@everywhere
def test_21_what_was_only_inferred_is_replaced_by_the_real_parts(scene: Scene) -> None:
    order = scene.place()
    missing = scene.fault("fills_missing")
    for part in PARTS:
        scene.fill(order, part)
    scene.sweep()
    inferred = scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    assert (inferred["data"]["average_price"], order.fills.count()) == ("50000", 0)
    scene.mend(missing)
    scene.sweep()
    has_all_parts(scene, order)
    assert len(scene.heard("order_filled", id=order.pk)) == 1


def test_22_a_part_is_marked_and_counted_in_one_transaction(scene: Scene) -> None:
    order = scene.place()
    before = reload_order(order)
    for part in PARTS:
        scene.fill(order, part)
    with no_history(scene):
        assert scene.sweep().errors == 1
        assert (reload_order(order).version, reload_order(order).filled) == (before.version, 0)
        assert Fill.objects.count() == 0
    scene.sweep()
    has_all_parts(scene, order)


@everywhere
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_23_parts_without_an_id_get_one_that_is_the_same_after_a_restart(
    scene: Scene, way: str
) -> None:
    order = scene.place()
    scene.fault("trade_id")
    if way == "stream":
        with scene.streaming():
            for part in PARTS:
                scene.fill(order, part)
            scene.wait_for_frame("order_filled", id=order.pk)
    else:
        for part in PARTS:
            scene.fill(order, part)
    scene.sweep()
    has_all_parts(scene, order)
    with scene.streaming():
        scene.simulator.control.post("replay", key=scene.key.api_key, count=6)
        scene.sweep()
    has_all_parts(scene, order)


@everywhere
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_24_parts_that_share_an_id_are_told_apart(scene: Scene, way: str) -> None:
    order = scene.place()
    scene.fault("trade_id", value="777")
    whole = ("0.001", "0.002", "0.007")
    if way == "stream":
        with scene.streaming():
            for part in whole:
                scene.fill(order, part)
            scene.wait_for_frame("order_filled", id=order.pk)
    for part in whole if way == "sweep" else ():
        scene.fill(order, part)
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    assert parts(order) == parts_heard(scene, order) == [Decimal(part) for part in whole]
    assert scene.sweep().orders == 0


def test_25_cancelled_after_a_part_was_filled_keeps_the_part(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())
    scene.cancel(order)
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")
    scene.sweep()
    scene.wait_for_frame("trade", order=order.pk, quantity="0.004")
    assert (reload_order(order).filled, reload_order(order).cost) == (FOUR, Decimal(200))
    assert parts(order) == [FOUR]


@everywhere
def test_26_cancelled_and_then_nothing_can_be_asked(scene: Scene) -> None:
    """The answer to the cancel is lost too; nobody invents that nothing was filled."""
    order = scene.place()
    scene.fill(order, "0.004")
    reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())
    lost = scene.fault("ambiguous_after_accept", scene.market.cancel, scene.market.cancel_method)
    silent = scene.fault("ambiguous", method="GET")
    scene.cancel(order)
    assert scene.sweep().errors
    assert reload_order(order).status == "new"
    assert not scene.heard("order_update", id=order.pk, status="canceled")
    scene.mend(lost, silent)
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")
    assert parts(order) == [FOUR]


def test_26_cancelled_and_its_parts_cannot_be_asked(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())
    silent = scene.fault("ambiguous", method="GET")
    scene.cancel(order)
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")
    scene.sweep()
    assert (reload_order(order).filled, parts(order)) == (FOUR, [])
    scene.mend(silent)
    scene.sweep()
    scene.wait_for_frame("trade", order=order.pk, quantity="0.004")
    assert reload_order(order).fills_quantity == FOUR


@everywhere
def test_27_a_cancel_that_loses_the_race_is_a_fill_and_no_error(scene: Scene) -> None:
    order = scene.place()
    reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())
    scene.fill(order)
    assert scene.cancel(order).status == "filled"
    scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    scene.sweep()
    assert parts(order) == [Decimal("0.01")]
    assert not scene.heard("order_update", id=order.pk, status="canceled")


def test_27_the_venue_says_not_found_to_both_questions(scene: Scene) -> None:
    """Filled, and the copy that is asked does not show it yet: no end is invented."""
    order = scene.place()
    reconciler.request_cancel(order.pk, by=scene.user.username, now=timezone.now())
    scene.fill(order)
    scene.fault("order_missing", order=order.client_order_id, times=1)
    assert scene.cancel(order).status == "new"
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    assert parts(order) == [Decimal("0.01")]


@pytest.mark.parametrize("market", ["bybit-spot"], indirect=True)
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_24_both_sides_of_one_trade_are_ours(scene: Scene, way: str) -> None:
    """One trade, one id, two orders of one key: each side counts for its own order."""
    scene.simulator.control.post("liquidity", symbol=scene.market.name, depth="0")
    with scene.streaming() if way == "stream" else nullcontext():
        sold = scene.place(side="sell", price=Decimal(61000))
        bought = scene.place(price=Decimal(61000))
        assert len({trade["id"] for trade in scene.trades_there()}) == 1
        if way == "sweep":
            assert not scene.sweep().errors
        for order in (sold, bought):
            scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    scene.sweep()
    for order in (sold, bought):
        assert parts(order) == parts_heard(scene, order) == [Decimal("0.01")]
        assert {fill.side for fill in order.fills.all()} == {order.side}
    assert scene.sweep().orders == 0


@everywhere
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_24_two_orders_of_one_side_that_share_a_trade_id_keep_their_fills(
    scene: Scene, way: str
) -> None:
    orders = [scene.place() for _ in range(2)]
    scene.fault("trade_id", value="777")
    with scene.streaming() if way == "stream" else nullcontext():
        for order in orders:
            scene.fill(order)
        if way == "sweep":
            assert not scene.sweep().errors
        for order in orders:
            scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
    scene.sweep()
    for order in orders:
        assert parts(order) == parts_heard(scene, order) == [Decimal("0.01")]
    assert scene.sweep().orders == 0
