"""FAILURES 64: a change that races with a fill, has no answer, or gives the order a new id."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from orders import submission
from orders.changes import amend
from orders.models import Order
from tests.failures.harness.scene import MARKETS, Scene
from tests.services import wait_until
from tests.trading import reload_order

PRICE, QUANTITY = Decimal(51000), Decimal("0.02")
BEFORE = (Decimal(50000), Decimal("0.01"))
everywhere = pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)


def request_change(order: Order) -> None:
    amend.amend_order(order, price=PRICE, quantity=QUANTITY, by="ada", now=timezone.now())


def read_terms(order: Order) -> tuple[Decimal | None, Decimal]:
    now = reload_order(order)
    return now.price, now.quantity


def open_there(scene: Scene) -> list[dict[str, Any]]:
    return [row for row in scene.orders_there() if row["status"] in ("NEW", "PARTIALLY_FILLED")]


def settle(scene: Scene, order: Order) -> Order:
    """Some rounds of the beat, with the tasks that it queues for this order."""
    for _ in range(3):
        scene.sweep()
        submission.amend_at_venue(order.pk)
    now = reload_order(order)
    assert now.amend_requested_at is None
    return now


@everywhere
@pytest.mark.parametrize("kind", ["close_after_accept", "ambiguous_after_accept", "close"])
def test_64_without_an_answer_it_is_asked_again_and_changed_once(scene: Scene, kind: str) -> None:
    order = scene.place()
    request_change(order)
    scene.fault(kind, times=1)
    submission.amend_at_venue(order.pk)
    scene.mend()
    assert settle(scene, order).status == "new"
    assert read_terms(order) == (PRICE, QUANTITY)
    (row,) = open_there(scene)
    assert (Decimal(row["price"]), Decimal(row["origQty"])) == (PRICE, QUANTITY)
    scene.agree()


@everywhere
def test_64_a_fill_that_was_faster_wins(scene: Scene) -> None:
    order = scene.place()
    request_change(order)
    scene.fill(order)
    submission.amend_at_venue(order.pk)
    ended = settle(scene, order)
    assert (ended.status, ended.filled, read_terms(order)) == ("filled", BEFORE[1], BEFORE)
    assert open_there(scene) == []
    scene.agree()


@everywhere
def test_64_what_was_filled_before_counts(scene: Scene) -> None:
    order = scene.place()
    request_change(order)
    scene.fill(order, "0.004")
    submission.amend_at_venue(order.pk)
    now = settle(scene, order)
    assert (now.status, now.filled) == ("partially_filled", Decimal("0.004"))
    (row,) = open_there(scene)
    if scene.market.venue == "binance" and scene.market.market == "spot":  # it would buy 0.024
        assert read_terms(order) == BEFORE
        assert now.changes.get(reason__startswith="not changed: ").actor == "venue"
    else:
        assert read_terms(order) == (PRICE, QUANTITY)
        assert Decimal(row["origQty"]) == QUANTITY
    scene.agree()


def test_64_what_was_filled_under_a_former_id_is_not_bought_again(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    scene.sweep()
    scene.replace_by_hand(order, quantity="0.006")
    scene.sweep()
    amend.amend_order(reload_order(order), price=PRICE, quantity=None, by="ada", now=timezone.now())
    submission.amend_at_venue(order.pk)
    now = settle(scene, order)
    assert (now.price, now.quantity, now.filled) == (PRICE, BEFORE[1], Decimal("0.004"))
    (row,) = open_there(scene)
    assert Decimal(row["origQty"]) == Decimal("0.006")


@everywhere
def test_64_the_stream_follows_an_order_to_its_new_id(scene: Scene) -> None:
    order = scene.place()
    with scene.streaming():
        request_change(order)
        submission.amend_at_venue(order.pk)
        wait_until(lambda: read_terms(order) == (PRICE, QUANTITY), what="the change")
        scene.fill(order)
        ended = scene.wait(order, "filled")
    assert (ended.filled, ended.amend_requested_at) == (QUANTITY, None)
    assert not scene.heard("order_update", id=order.pk, status="canceled")
    assert len(scene.heard("order_filled")) == 1
    scene.agree()


def test_64_what_cannot_be_replaced_stands_again_as_it_was(scene: Scene) -> None:
    """Binance spot cancels first; when it then has no money for the new order, none is left."""
    order = scene.place()
    amend.amend_order(order, price=PRICE, quantity=Decimal(100), by="ada", now=timezone.now())
    submission.amend_at_venue(order.pk)
    now = settle(scene, order)
    assert (now.status, read_terms(order)) == ("new", BEFORE)
    assert now.changes.get(reason__startswith="not changed: ").actor == "venue"
    (row,) = open_there(scene)
    assert (Decimal(row["price"]), Decimal(row["origQty"])) == BEFORE
    scene.agree()
