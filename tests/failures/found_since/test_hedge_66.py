"""FAILURES 66: accounts that hold a long and a short position, and a mode that is switched."""

from decimal import Decimal
from typing import Any

import pytest

from bots.models import PnlBook
from bots.pnl import fill_counter
from exchanges import pool
from exchanges.holdings import fetch
from exchanges.models import ExchangeKey, Position
from orders import placement, submission
from orders.models import Order
from tests.failures.harness.scene import Scene

FUTURES = ["binance-futures", "okx-futures", "bybit-futures"]
every_market = pytest.mark.parametrize("market", FUTURES, indirect=True)
SYMBOL = "BTC/USDT:USDT"


def switch_at_venue(scene: Scene, *, hedged: bool) -> None:
    """On the venue's own web page: nobody tells us."""
    pool.call(scene.key, lambda venue: venue.set_position_mode(hedged=hedged))


def read_mode(scene: Scene) -> str:
    fetch.refresh_key(scene.key.pk)
    return ExchangeKey.objects.get(pk=scene.key.pk).position_mode


def ask(scene: Scene, side: str, position_side: str, **changes: Any) -> tuple[int, Any]:
    body = {"key": scene.key.pk, "symbol": SYMBOL, "side": side, "type": "market"}
    named = {"position_side": position_side} if position_side else {}
    return scene.trader.ask("POST", "orders/", body | {"quantity": "0.02"} | named | changes)


def trade(scene: Scene, side: str, position_side: str, **changes: Any) -> Order:
    status, shown = ask(scene, side, position_side, **changes)
    assert status == 201, shown
    return submission.submit_order(shown["id"]) or Order.objects.get(pk=shown["id"])


def list_held() -> dict[str, Decimal]:
    rows = Position.objects.exclude(quantity=0)
    return {str(row.side): row.quantity for row in rows}


def read_books(scene: Scene) -> dict[str, Decimal]:
    """Count what was filled, and return what the books of the two sides hold."""
    while fill_counter.count_fills(scene.key.pk):
        pass
    return dict(PnlBook.objects.filter(key=scene.key).values_list("side", "held"))


@every_market
def test_66_both_sides_are_traded_shown_and_closed_apart(scene: Scene) -> None:
    switch_at_venue(scene, hedged=True)
    assert read_mode(scene) == "hedge"
    scene.wait_for_frame("key_update", id=scene.key.pk, position_mode="hedge")
    with scene.streaming():
        for side, position_side in (("buy", "long"), ("sell", "short")):
            order = trade(scene, side, position_side)
            scene.wait_for_frame("order_filled", id=order.pk, position_side=position_side)
        scene.wait_for_frame("position_update", side="long", quantity="0.02")
        scene.wait_for_frame("position_update", side="short", quantity="-0.02")
        body = {"key": scene.key.pk, "symbol": SYMBOL}
        status, refusal = scene.trader.ask("POST", "positions/close/", body)
        assert (status, list(refusal)) == (400, ["side"])
        status, closing = scene.trader.ask("POST", "positions/close/", body | {"side": "short"})
        assert (status, closing["side"], closing["position_side"]) == (201, "buy", "short")
        submission.submit_order(closing["id"])
        scene.wait_for_frame("order_filled", id=closing["id"])
        scene.wait_for_frame("position_update", side="short", quantity="0")
    scene.sweep()
    fetch.refresh_key(scene.key.pk)
    assert list_held() == {"long": Decimal("0.02")}
    assert read_books(scene) == {"long": Decimal("0.02"), "short": Decimal(0)}
    assert not Order.objects.filter(origin="external").exists()


@every_market
def test_66_switched_at_the_venue_an_order_is_refused_and_the_mode_read_anew(scene: Scene) -> None:
    assert read_mode(scene) == "one_way"
    switch_at_venue(scene, hedged=True)
    refused = trade(scene, "buy", "")
    assert (refused.status, refused.filled) == ("rejected", 0)
    assert read_mode(scene) == "hedge"
    status, refusal = ask(scene, "buy", "")
    assert (status, list(refusal)) == (400, ["position_side"])  # before anything is sent
    assert trade(scene, "buy", "long").status in ("filled", "new")
    scene.sweep()
    assert ask(scene, "buy", "long", reduce_only=True)[1].keys() == {"reduce_only"}
    trade(scene, "sell", "long", reduce_only=True)
    scene.sweep()
    switch_at_venue(scene, hedged=False)
    refused = trade(scene, "buy", "long")
    assert refused.status == "rejected"
    assert read_mode(scene) == "one_way"
    assert ask(scene, "buy", "long")[1].keys() == {"position_side"}
    assert len(scene.orders_there()) == 2


@every_market
def test_66_an_order_of_a_side_placed_outside_is_read_with_it(scene: Scene) -> None:
    switch_at_venue(scene, hedged=True)
    scene.place_by_hand(position_side="long", client_order_id="web77")
    scene.look_over()
    order = Order.objects.get(origin="external")
    assert (order.status, order.position_side) == ("new", "long")
    with pytest.raises(placement.OrderIsExternal):
        placement.cancel_order(order, by="ada", now=order.created_at)
