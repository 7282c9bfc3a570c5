"""FAILURES 60 to 62: listings, malformed rows, and all facts of orders from outside."""

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest

from exchanges import adapters
from exchanges.base import OrderRequest
from tests.failures.harness.markets import MARKETS
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

BASE = "NEWC"
at_every_market = pytest.mark.parametrize("market", MARKETS, indirect=True)


def request_order(symbol: str) -> OrderRequest:
    return OrderRequest(
        symbol=symbol,
        side="buy",
        type="limit",
        time_in_force="GTC",
        quantity=Decimal("0.02"),
        price=Decimal("51000"),
        client_order_id="web77",
    )


@pytest.fixture
def listed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str:
    """A symbol that the venue lists after our worker has read its markets."""
    scene.place()
    monkeypatch.setattr(adapters, "MARKETS_RETRY", timedelta(0))
    scene.simulator.control.post("listing", base=BASE)
    return scene.market.symbol.replace("BTC", BASE)


@at_every_market
def test_60_a_new_listing_is_traded_without_a_restart(scene: Scene, listed: str) -> None:
    order = scene.place(symbol=listed)
    assert (order.status, order.symbol) == ("new", listed)
    scene.fill(order)
    scene.sweep()
    scene.wait_for_frame("order_filled", id=order.pk, symbol=listed)


@at_every_market
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_60_an_order_placed_outside_for_a_new_listing_is_shown(
    scene: Scene, listed: str, way: str
) -> None:
    with scene.streaming() if way == "stream" else nullcontext():
        scene.ask_elsewhere(lambda venue: venue.place_order(request_order(listed)))
        if way == "sweep":
            scene.look_over()
        frame = scene.wait_for_frame("order_update", origin="external")
        lease = scene.lease()
        assert lease is None or lease.restarts == 0
    assert (frame["data"]["symbol"], frame["data"]["status"]) == (listed, "new")


@at_every_market
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_61_a_malformed_row_costs_no_other_and_is_logged(
    scene: Scene, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    orders = [scene.place() for _ in range(2)]
    with scene.streaming() if way == "stream" else nullcontext():
        malformed = scene.fault("malformed")
        scene.fill(orders[0], "0.004")
        scene.fill(orders[1])
        if way == "sweep":
            scene.sweep()
            scene.sweep()
        scene.wait(orders[0], "partially_filled")
        scene.wait(orders[1], "filled")
        scene.wait_for_frame("trade", order=orders[0].pk, quantity="0.004")
        lease = scene.lease()
        assert lease is None or lease.restarts == 0
        scene.mend(malformed)
    assert "venue row not readable" in caplog.text
    scene.sweep()
    assert [reload_order(order).fills_quantity for order in orders] == [
        Decimal("0.004"),
        Decimal("0.01"),
    ]
