"""FAILURES 60 to 62: listings, malformed rows, and all facts of orders from outside."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from exchanges import adapters
from exchanges.base import OrderRequest
from tests.failures.harness.markets import MARKETS, MarketEndpoints
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


@at_every_market
@pytest.mark.parametrize("way", ["stream", "sweep"])
def test_62_an_order_placed_outside_is_shown_with_all_its_terms(scene: Scene, way: str) -> None:
    """Post only, a trigger, reduce only where there are positions: by another program."""
    with scene.streaming() if way == "stream" else nullcontext():
        maker = replace(request_order(scene.market.symbol), time_in_force="PO")
        stop = replace(
            maker,
            side="sell",
            type="stop_loss",
            time_in_force="GTC",
            price=Decimal("59000"),
            trigger_price=Decimal("60000"),
            client_order_id="web78",
        )
        scene.ask_elsewhere(lambda venue: venue.place_order(maker))
        scene.ask_elsewhere(lambda venue: venue.place_order(stop))
        if scene.market.market == "futures":
            hold_and_reduce(scene, maker)
        if way == "sweep":
            scene.look_over()
        told = scene.wait_for_frame("order_update", time_in_force="PO", client_order_id="web77")
        assert told["data"]["type"] == "limit"
        told = scene.wait_for_frame("order_update", type="stop_loss", client_order_id="web78")
        assert (told["data"]["trigger_price"], told["data"]["price"]) == ("60000", "59000")
        if scene.market.market == "futures":
            told = scene.wait_for_frame("order_update", client_order_id="web80", reduce_only=True)
            assert told["data"]["position_side"] == "net"


def hold_and_reduce(scene: Scene, model: OrderRequest) -> None:
    entry = replace(model, type="market", time_in_force="GTC", price=None, client_order_id="web79")
    leave = replace(
        model,
        side="sell",
        time_in_force="GTC",
        price=Decimal("70000"),
        reduce_only=True,
        client_order_id="web80",
    )
    scene.ask_elsewhere(lambda venue: venue.place_order(entry))
    scene.ask_elsewhere(lambda venue: venue.place_order(leave))


OUTSIDE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "binance-spot": (
        {
            **{"e": "executionReport", "s": "BTCUSDT", "c": "leg", "S": "SELL", "o": "LIMIT_MAKER"},
            **{"q": "0.01", "p": "70000", "g": 77, "x": "NEW", "X": "NEW", "i": 9001, "z": "0"},
            **{"T": 0, "Z": "0", "f": "GTC", "P": "0", "l": "0"},
        },
        {
            "group": {
                **{"id": None, "venue_id": "77", "kind": None, "role": None, "state": None},
                "note": "",
            },
            "time_in_force": "PO",
        },
    ),
    "binance-futures": (
        {
            "e": "ALGO_UPDATE",
            "T": 0,
            "o": {
                **{"s": "BTCUSDT", "caid": "close", "aid": 9001, "S": "SELL", "o": "STOP_MARKET"},
                **{"X": "NEW", "q": "0", "tp": "60000", "p": "0", "cp": True, "ps": "LONG"},
                **{"R": True, "f": "GTC", "ai": ""},
            },
        },
        {"closes_position": True, "position_side": "long", "trigger_price": "60000"},
    ),
    "okx-futures": (
        {
            "arg": {"channel": "orders-algo", "instType": "SWAP"},
            "data": [
                {
                    **{"instType": "SWAP", "instId": "BTC-USDT-SWAP", "algoId": "9001"},
                    **{"algoClOrdId": "both", "ordType": "oco", "state": "live", "side": "sell"},
                    **{"sz": "1", "slTriggerPx": "60000", "slOrdPx": "-1", "posSide": "long"},
                    **{"tpTriggerPx": "70000", "tpOrdPx": "-1", "reduceOnly": "true", "uTime": "1"},
                }
            ],
        },
        {"type": "oco", "trigger_price": "60000", "take_profit_price": "70000"},
    ),
}


@pytest.mark.parametrize("market", OUTSIDE, indirect=True)
def test_62_what_only_the_venue_can_place_is_shown_with_its_group_and_position(
    scene: Scene, market: MarketEndpoints
) -> None:
    event, terms = OUTSIDE[f"{market.venue}-{market.market}"]
    with scene.streaming():
        scene.simulator.control.post("say", key=scene.key.api_key, event=event)
        told = scene.wait_for_frame("order_update", origin="external", **terms)
        assert told["data"]["status"] == "new"
        assert (terms.get("closes_position") is True) == (told["data"]["quantity"] == "0")
