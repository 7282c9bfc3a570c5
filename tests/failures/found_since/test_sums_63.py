"""FAILURES 63 of our own orders: sized by what they spend, they end once, as the venue says."""

from decimal import Decimal
from typing import Any

import pytest

from orders import submission
from orders.models import Order, OrderChange
from tests.failures.harness.scene import Scene

SPOT_MARKETS = ["binance-spot", "okx-spot", "bybit-spot"]


def ask_for_sum(scene: Scene, **changes: Any) -> tuple[int, Any]:
    wish = {"key": scene.key.pk, "symbol": scene.market.symbol, "side": "buy", "type": "market"}
    return scene.trader.ask("POST", "orders/", wish | {"quote_amount": "640"} | changes)


@pytest.mark.parametrize("market", SPOT_MARKETS, indirect=True)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_63_its_quantity_is_what_the_venue_says_at_the_end(scene: Scene, side: str) -> None:
    scene.simulator.control.post("liquidity", symbol=scene.market.name, depth="0.002", levels=50)
    scene.know_symbols()
    with scene.streaming():
        status, shown = ask_for_sum(scene, side=side)
        assert (status, shown["quote_amount"], shown["quantity"]) == (201, "640", "0")
        submission.submit_order(shown["id"])
        scene.wait_for_frame("order_filled", id=shown["id"])
    scene.sweep()
    order = Order.objects.get(pk=shown["id"])
    total = sum((Decimal(trade["qty"]) for trade in scene.trades_there()), Decimal(0))
    assert len(scene.trades_there()) > 2
    assert (order.status, order.ordered, order.filled) == ("filled", None, total)
    assert order.quantity == order.fills_quantity == total
    assert Decimal(635) < order.cost <= Decimal(640)
    assert len(scene.heard("order_filled")) == 1
    assert {row["clientOrderId"] for row in scene.orders_there()} == {order.client_order_id}


@pytest.mark.parametrize("market", SPOT_MARKETS, indirect=True)
def test_63_an_answer_that_was_lost_is_looked_up_and_nothing_is_bought_twice(scene: Scene) -> None:
    scene.fault("hang_after_accept", scene.market.order, "POST", times=1)
    _, shown = ask_for_sum(scene)
    with pytest.raises(submission.StillUnknown):
        submission.submit_order(shown["id"])
    assert Order.objects.get(pk=shown["id"]).quantity == 0
    scene.sweep()
    order = Order.objects.get(pk=shown["id"])
    assert (order.status, len(scene.orders_there())) == ("filled", 1)
    assert order.quantity == order.filled > 0
    assert OrderChange.objects.filter(order=order, status="filled").count() == 1


def test_repeated_by_its_idempotency_key_it_is_the_same_order(scene: Scene) -> None:
    wish = {"key": scene.key.pk, "symbol": "BTC/USDT", "side": "buy", "type": "market"}

    def ask(**amount: str) -> tuple[int, Any]:
        headers = {"Idempotency-Key": "once"}
        return scene.trader.ask("POST", "orders/", wish | amount, **headers)

    _, shown = ask(quote_amount="640")
    submission.submit_order(shown["id"])
    assert ask(quote_amount="640")[:1] == (200,)
    assert ask(quote_amount="641")[:1] == (409,)
    assert ask(quantity="0.01")[:1] == (409,)
    assert Order.objects.count() == 1
