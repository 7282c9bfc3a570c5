"""FAILURES 60 to 62: listings, malformed rows, and all facts of orders from outside."""

from contextlib import nullcontext
from decimal import Decimal

import pytest

from tests.failures.harness.markets import MARKETS
from tests.failures.harness.scene import Scene
from tests.trading import reload_order

at_every_market = pytest.mark.parametrize("market", MARKETS, indirect=True)


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
