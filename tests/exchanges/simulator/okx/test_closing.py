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
    assert (await okx.post(AFTER, timeOut="60", tag="mine")).code == "51000"
    assert int((await okx.post(AFTER, timeOut="60")).row["triggerTime"]) > 0
    assert (await okx.post(AFTER, timeOut="0")).row["triggerTime"] == "0"
    assert simulator.simulation.countdowns.list_running() == []
    await client.control("POST", "limits", countdown_speed=1000)
    await okx.post(AFTER, timeOut="10")

    async def is_cancelled() -> bool:
        return not (await okx.get("trade/orders-pending")).rows

    await eventually(is_cancelled)
