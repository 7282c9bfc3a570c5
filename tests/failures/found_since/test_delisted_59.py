"""FAILURE 59: a symbol is delisted or renamed while an order of it is open."""

from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from exchanges import pool
from exchanges.models import Symbol
from orders import reconciler
from orders.lifecycle import conclusions
from orders.models import Fill, Order
from tests.failures.harness.scene import MARKETS, Scene
from tests.trading import reload_order

FOUR = Decimal("0.004")


def delist(scene: Scene, **more: object) -> None:
    """The venue takes the symbol off its lists, and everything here starts anew."""
    scene.know_symbols()
    scene.simulator.control.post("delist", symbol=scene.market.name, **more)
    pool.close()
    scene.know_symbols()
    assert not Symbol.objects.filter(name=scene.market.symbol).exists()


@pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
def test_59_an_order_of_a_delisted_symbol_is_settled_by_its_id(scene: Scene) -> None:
    scene.know_symbols()
    order = scene.place()
    delist(scene)
    scene.fill(order, "0.004")
    assert scene.sweep().errors == 0
    assert reload_order(order).fills_quantity == FOUR
    scene.cancel_by_hand(order)  # as venues do with what is left
    assert scene.sweep().errors == 0
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")
    assert (Fill.objects.get().symbol, Fill.objects.get().quantity) == (order.symbol, FOUR)


@pytest.mark.parametrize("market", ["binance-futures", "bybit-spot", "okx-futures"], indirect=True)
def test_59_streams_and_cancels_know_a_delisted_symbol(scene: Scene) -> None:
    scene.know_symbols()
    first, second = scene.place(), scene.place()
    delist(scene)
    with scene.streaming():
        scene.fill(first, "0.004")
        scene.cancel_by_hand(first)
        scene.wait_for_frame("order_update", id=first.pk, status="canceled", filled="0.004")
    assert scene.cancel(second).status == "canceled"
    assert Order.objects.count() == 2


def test_59_a_delisted_symbol_takes_no_new_orders(scene: Scene) -> None:
    scene.know_symbols()
    scene.place()
    delist(scene)
    body = {"key": scene.key.pk, "symbol": scene.market.symbol, "side": "buy", "type": "limit"}
    amounts = {"price": "50000", "quantity": "0.01"}
    status, answer = scene.trader.ask("POST", "orders/", body | amounts)
    assert (status, "not traded" in str(answer)) == (400, True)


@pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
def test_59_what_the_venue_answers_nothing_about_is_closed_by_a_person(scene: Scene) -> None:
    scene.know_symbols()
    order = scene.place()
    scene.fill(order, "0.004")
    scene.sweep()
    status, answer = scene.trader.ask("POST", f"orders/{order.pk}/close/")
    assert (status, "cancel it" in str(answer)) == (409, True)
    delist(scene, unknown=True)
    scene.sweep()
    frame = scene.wait_for_frame("order_update", id=order.pk, status="unknown")["data"]
    assert (frame["ended_reason"], frame["filled"]) == (conclusions.DELISTED, "0.004")
    assert scene.due_sweep().errors == 0
    status, answer = scene.trader.ask("POST", f"orders/{order.pk}/close/")
    assert (status, answer["status"], answer["ended_by"]) == (200, "canceled", "user")
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", filled="0.004")
    assert reload_order(order).end_is_assumed
    status, _ = scene.trader.ask("POST", f"orders/{order.pk}/close/")
    assert status == 409
    assert [row["status"] for row in scene.orders_there()] == ["PARTIALLY_FILLED"]


def test_59_refusals_are_no_proof_that_an_order_is_gone(scene: Scene) -> None:
    """Listed again, its venue may show an old order late: one look proves no absence."""
    order, later = scene.place(), timezone.now() + timedelta(minutes=5)
    for _ in range(3):
        refused = reconciler.record_refusal(order.pk, now=later)
    assert (refused.status, refused.checked_at) == ("unknown", later)
    assert reconciler.record_miss(order.pk, now=later).status == "unknown"


@pytest.mark.parametrize("market", ["binance-futures", "okx-spot"], indirect=True)
def test_59_a_symbol_whose_name_nobody_kept_leaves_an_order_to_close(scene: Scene) -> None:
    """It left the lists before its venue's name of it was kept here."""
    scene.know_symbols()
    order = scene.place()
    delist(scene)
    Symbol.with_delisted.filter(name=scene.market.symbol).delete()
    pool.close()
    scene.sweep()
    scene.wait_for_frame("order_update", id=order.pk, ended_reason=conclusions.DELISTED)
    assert scene.trader.ask("POST", f"orders/{order.pk}/close/")[0] == 200
    scene.wait_for_frame("order_update", id=order.pk, status="canceled")


def test_59_an_order_placed_elsewhere_is_closed_on_its_page(scene: Scene, client: Client) -> None:
    scene.know_symbols()
    scene.place_by_hand()
    scene.look_over()
    order = Order.objects.get(origin="external")
    delist(scene, unknown=True)
    scene.sweep()
    client.force_login(scene.user)
    shown = client.get(f"/orders/{order.pk}/").content.decode()
    assert "Close this order here" in shown
    client.post(f"/orders/{order.pk}/close/")
    scene.wait_for_frame("order_update", id=order.pk, status="canceled", ended_by="user")
    assert "Close this order here" not in client.get(f"/orders/{order.pk}/").content.decode()


def test_59_another_user_closes_nothing(scene: Scene, client: Client, other_user: object) -> None:
    scene.know_symbols()
    order = scene.place()
    delist(scene, unknown=True)
    scene.sweep()
    client.force_login(other_user)  # type: ignore[arg-type]
    assert client.post(f"/orders/{order.pk}/close/").status_code == 404
    assert reload_order(order).status == "unknown"


def test_59_closed_by_hand_it_follows_its_venue_again_should_that_speak(scene: Scene) -> None:
    scene.know_symbols()
    order = scene.place()
    delist(scene, unknown=True)
    scene.sweep()
    scene.trader.ask("POST", f"orders/{order.pk}/close/")
    scene.simulator.control.post("delist", symbol=scene.market.name, listed=True)
    with scene.streaming():
        scene.fill(order)
        scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")


@pytest.mark.parametrize("market", ["bybit-spot", "binance-futures"], indirect=True)
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_59_an_order_of_a_renamed_symbol_is_settled_under_its_own(scene: Scene, way: str) -> None:
    """The venue's name stayed: ccxt now makes another symbol of it."""
    scene.know_symbols()
    former = scene.market.symbol.replace("BTC", "XBT")
    symbol = Symbol.objects.get(name=scene.market.symbol)
    symbol.pk, symbol.name, symbol.base, symbol.delisted_at = None, former, "XBT", timezone.now()
    symbol.save(force_insert=True)
    pool.close()
    order = scene.place(symbol=former)
    with ExitStack() as stack:
        if way == "stream":
            stack.enter_context(scene.streaming())
        scene.fill(order)
        if way == "sweep":
            scene.sweep()
        scene.wait_for_frame("order_filled", id=order.pk, filled="0.01")
        scene.look_over()  # the lists speak of the new symbol
    scene.sweep()
    assert (Fill.objects.get().symbol, Order.objects.count()) == (former, 1)
