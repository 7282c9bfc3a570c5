"""FAILURES 58 and 63: the venue's final word ends an order, with the quantity that it names."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from django.utils import timezone

from exchanges import pool
from orders.checks.pending import CUT_DEADLINE
from orders.models import Order, OrderChange
from tests.failures.harness.scene import MARKETS, Scene
from tests.trading import reload_order

# What other programs send for "buy for 640 USDT", and the method of ccxt's client that sends it.
IN_QUOTE: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "binance": (
        "private_post_order",
        {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "640"},
    ),
    "okx": (
        "private_post_trade_order",
        {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "640"},
    ),
    "bybit": (
        "private_post_v5_order_create",
        {
            **{"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market"},
            "qty": "640",
        },
    ),
}


@pytest.mark.parametrize("market", sorted(MARKETS), indirect=True)
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_58_called_filled_short_of_our_quantity_it_has_ended(scene: Scene, way: str) -> None:
    order = scene.place()
    if way == "stream":
        with scene.streaming():
            scene.fill(order, "0.004")
            scene.simulator.control.post("settle", **scene._named(order))
            scene.wait_for_frame("order_filled", id=order.pk)
    else:
        scene.fill(order, "0.004")
        scene.simulator.control.post("settle", **scene._named(order))
        scene.sweep()
    frame = scene.wait_for_frame("order_filled", id=order.pk)["data"]
    assert (frame["quantity"], frame["filled"], frame["remaining"]) == ("0.004", "0.004", "0")
    assert (frame["status"], frame["average_price"]) == ("filled", "50000")
    reasons = OrderChange.objects.filter(order=order).values_list("reason", flat=True)
    assert any("0.004 of the ordered 0.01" in reason for reason in reasons)
    scene.sweep()
    assert reload_order(order).fills_quantity == Decimal("0.004")
    assert len(scene.heard("order_filled")) == 1


@pytest.mark.parametrize("missing", ["0.0000000001", "0.004"])
def test_58_fills_after_the_final_word_make_the_quantity_whole(scene: Scene, missing: str) -> None:
    """Called filled while a part is on its way: nothing may stay cut for that."""
    order = scene.place()
    scene.fill(order, "0.006")
    scene.fill(order)
    scene.fault("filled_by", scene.market.order, amount=f"-{missing}", times=1)
    scene.fault("fills_missing", scene.market.fills, times=1)
    scene.sweep()
    short = Decimal("0.01") - Decimal(missing)
    assert (reload_order(order).status, reload_order(order).quantity) == ("filled", short)
    scene.sweep()
    whole = reload_order(order)
    assert (whole.quantity, whole.filled, whole.ordered) == (*[Decimal("0.01")] * 2, None)
    scene.wait_for_frame("order_update", id=order.pk, quantity="0.01", filled="0.01")
    assert len(scene.heard("order_filled")) == 1


def test_58_a_cut_order_is_asked_about_for_a_while_and_then_left_alone(scene: Scene) -> None:
    order = scene.place()
    scene.fill(order, "0.004")
    scene.simulator.control.post("settle", **scene._named(order))
    for _ in range(2):
        assert scene.sweep().keys == 1
    ended = Order.objects.filter(pk=order.pk)
    told_at = reload_order(order).ended_at
    ended.update(ended_at=timezone.now() - CUT_DEADLINE - timedelta(seconds=1))
    assert scene.sweep().keys == 0
    ended.update(ended_at=told_at)  # as it was told to the socket


@pytest.mark.parametrize("market", ["binance-spot", "okx-spot", "bybit-spot"], indirect=True)
def test_63_an_order_sized_in_quote_has_one_end_after_its_last_part(scene: Scene) -> None:
    scene.simulator.control.post("liquidity", symbol=scene.market.name, depth="0.002", levels=50)
    with scene.streaming():
        buy_for_quote(scene)
        filled = scene.wait_for_frame("order_filled", origin="external")["data"]
    total = sum((Decimal(trade["qty"]) for trade in scene.trades_there()), Decimal(0))
    assert len(scene.trades_there()) > 2
    assert Decimal(filled["filled"]) == Decimal(filled["quantity"]) == total
    updates = scene.heard("order_update", origin="external")
    statuses = [update["data"]["status"] for update in updates]
    assert set(statuses[:-1]) == {"partially_filled"}
    assert statuses[-1] == "filled"
    assert len(scene.heard("order_filled")) == 1
    scene.sweep()  # Bybit tells the first part before the order, of which nobody knows then
    ended = Order.objects.get(origin="external")
    assert (ended.fills_quantity, ended.ordered) == (total, None)


def buy_for_quote(scene: Scene) -> None:
    name, params = IN_QUOTE[scene.market.venue]

    async def send(venue: Any) -> None:
        await getattr(venue.client, name)(params)

    pool.call(scene.key, send)
