"""OKX's orders that close a position, and orders that a countdown cancels."""

import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Client, eventually
from tests.exchanges.simulator.okx.okx_client import OkxClient

SWAP = {"instId": "BTC-USDT-SWAP", "mgnMode": "cross"}
CLOSE, AFTER = "trade/close-position", "trade/cancel-all-after"


@pytest.fixture
async def okx(client: Client) -> OkxClient:
    return await OkxClient.open(client)


@pytest.mark.parametrize("side", ["buy", "sell"])
async def test_a_position_is_closed_wholly(okx: OkxClient, side: str) -> None:
    assert (await okx.post(CLOSE, **SWAP)).code == "51023"
    await okx.contract(side, "3")
    assert (await okx.post(CLOSE, **SWAP | {"mgnMode": "isolated"})).code == "51023"
    assert (await okx.post(CLOSE, **SWAP, clOrdId="end")).row["clOrdId"] == "end"
    assert (await okx.get("account/positions")).rows == []
    assert (await okx.post(CLOSE, **SWAP)).code == "51023"


async def test_pending_closing_orders_are_cancelled_only_if_asked(okx: OkxClient) -> None:
    await okx.contract("buy", "3")
    limit = {"ordType": "limit", "px": "70000", "reduceOnly": True}
    await okx.contract("sell", "2", **limit)
    await okx.contract("sell", "1", ordType="limit", px="71000")
    assert (await okx.post(CLOSE, **SWAP)).code == "51115"
    assert (await okx.post(CLOSE, **SWAP, autoCxl=True)).code == "0"
    assert (await okx.get("account/positions")).rows == []
    (left,) = (await okx.get("trade/orders-pending")).rows
    assert left["px"] == "71000"


async def test_one_of_two_positions_is_closed(okx: OkxClient) -> None:
    await okx.post("account/set-position-mode", posMode="long_short_mode")
    await okx.contract("buy", "2", posSide="long")
    await okx.contract("sell", "1", posSide="short")
    assert (await okx.post(CLOSE, **SWAP)).code == "50014"
    assert (await okx.post(CLOSE, **SWAP, posSide="long")).code == "0"
    assert (await okx.get("account/positions")).row["posSide"] == "short"


async def test_all_orders_are_cancelled_when_the_countdown_ends(
    okx: OkxClient, client: Client, simulator: RunningSimulator
) -> None:
    await client.control("POST", "limits", windows_factor=100)
    await okx.order()
    await okx.contract("buy", "1", ordType="limit", px="60000")
    for seconds in ("9", "121", "x"):
        assert (await okx.post(AFTER, timeOut=seconds)).code == "51000"
    assert int((await okx.post(AFTER, timeOut="60")).row["triggerTime"]) > 0
    assert (await okx.post(AFTER, timeOut="0")).row["triggerTime"] == "0"
    assert simulator.simulation.countdowns.list_running() == []
    await client.control("POST", "limits", countdown_speed=1000)
    await okx.post(AFTER, timeOut="10")

    async def is_cancelled() -> bool:
        return not (await okx.get("trade/orders-pending")).rows

    await eventually(is_cancelled)


async def test_a_countdown_of_a_tag_cancels_its_orders_only(okx: OkxClient, client: Client) -> None:
    await client.control("POST", "limits", countdown_speed=1000)
    for tag in ("mine", "yours"):
        assert (await okx.order(tag=tag)).row["tag"] == tag
    assert (await okx.post(AFTER, timeOut="10", tag="mine")).row["tag"] == "mine"

    async def list_tags() -> list[str]:
        return [row["tag"] for row in (await okx.get("trade/orders-pending")).rows]

    async def is_cancelled() -> bool:
        return await list_tags() == ["yours"]

    await eventually(is_cancelled)


@pytest.mark.parametrize(("price", "side"), [("63000", "buy"), ("65000", "sell")])
async def test_a_trigger_order_fires_from_either_side(
    okx: OkxClient, client: Client, price: str, side: str
) -> None:
    order = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": side, "sz": "1"}
    trigger = {"ordType": "trigger", "triggerPx": price, "orderPx": price}
    placed = (await okx.post("trade/order-algo", **order, **trigger)).row
    ids = {"instId": "BTC-USDT-SWAP", "algoId": placed["algoId"]}
    changes = {"newTriggerPx": "64100" if side == "sell" else "63900", "newOrdPx": "64000"}
    assert (await okx.post("trade/amend-algos", **ids, newOrdPx="-1")).code == "51000"
    assert (await okx.post("trade/amend-algos", **ids, **changes)).code == "0"
    listed = (await okx.get("trade/orders-algo-pending", ordType="trigger")).row
    assert (listed["triggerPx"], listed["ordPx"]) == (changes["newTriggerPx"], "64000")
    assert (await okx.get("trade/orders-algo-pending", ordType="conditional")).rows == []
    beyond = "64200" if side == "sell" else "63800"
    await client.control("POST", "price", symbol="BTCUSDT-PERP", price=beyond)
    assert abs(int((await okx.get("account/positions")).row["pos"])) == 1
