"""Parameters that a venue acts on and the simulator does not are refused, never dropped."""

from typing import Any

import aiohttp
import pytest

from exchanges.simulator.binance import unsupported as binance
from exchanges.simulator.bybit import unsupported as bybit
from exchanges.simulator.okx import unsupported as okx
from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.bybit.bybit_client import BybitClient
from tests.exchanges.simulator.client import Client
from tests.exchanges.simulator.okx.okx_client import OkxClient

BTC = {"symbol": "BTCUSDT", "side": "BUY"}
LIMIT = {**BTC, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "60000"}
STOP = {"algoType": "CONDITIONAL", "type": "STOP_MARKET", "triggerPrice": "70000"}
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
ALGO = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "sell", "ordType": "conditional"}
# A value that asks for something, where "true" would be read otherwise.
VALUES = {"attachAlgoOrds": [{"slTriggerPx": "50000", "slOrdPx": "-1"}], "ccy": "BTC"}


@pytest.fixture
async def trader(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Client:
    base = f"http://127.0.0.1:{simulator.port}"
    rights = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}
    client = await Client.open(session, base, {"USDT": "100000"}, **rights)
    await client.control("POST", "limits", windows_factor=1000)
    return client


async def count_orders(trader: Client) -> int:
    listed = [(await trader.control("GET", name)).body for name in ("orders", "waiting")]
    return sum(len(rows) for body in listed for rows in body.values() if isinstance(rows, list))


async def test_binance_refuses_them(trader: Client) -> None:
    for name in binance.SPOT:
        answer = await trader.order(**{name: "1"})
        assert (answer.refusal, name in answer.body["msg"]) == ((400, -1106), True)
    for name in binance.FUTURES:
        order, stop = {**LIMIT, name: "true"}, {**BTC, "quantity": "0.01", **STOP, name: "true"}
        for path, fields in (("order", order), ("algoOrder", stop)):
            answer = await trader.signed("POST", f"/fapi/v1/{path}", **fields)
            assert (answer.refusal, name in answer.body["msg"]) == ((400, -1106), True)
    assert await count_orders(trader) == 0
    neutral = {**LIMIT, "priceProtect": "FALSE", "workingType": "MARK_PRICE"}
    assert (await trader.signed("POST", "/fapi/v1/order", **neutral)).status == 200


async def test_okx_refuses_them(trader: Client) -> None:
    client = await OkxClient.open(trader)
    algo = {**ALGO, "sz": "1", "slTriggerPx": "50000", "slOrdPx": "-1"}
    for name in okx.ORDERS:
        assert_refused(await client.order(**{name: VALUES.get(name, "true")}), name)
    for name in okx.CONDITIONAL:
        fields = {**algo, name: VALUES.get(name, "true")}
        assert_refused(await client.post("trade/order-algo", **fields), name)
    assert await count_orders(trader) == 0
    neutral = {"attachAlgoOrds": [], "banAmend": False, "tgtCcy": "base_ccy", "tag": "mine"}
    placed = (await client.order(**neutral)).row
    ids = {"instId": "BTC-USDT", "ordId": placed["ordId"], "newPx": "61000"}
    for name in okx.AMENDMENTS:
        fields = {**ids, name: VALUES.get(name, "true")}
        assert_refused(await client.post("trade/amend-order", **fields), name)
    assert (await client.get("trade/orders-pending")).row["px"] == "60000"
    neutral = {"slTriggerPxType": "mark", "closeFraction": ""}
    assert (await client.post("trade/order-algo", **algo | neutral)).code == "0"


def assert_refused(answer: Any, name: str) -> None:
    (row,) = answer.body["data"]
    assert (answer.code, name in row["sMsg"]) == ("51000", True)


async def test_bybit_refuses_them(trader: Client) -> None:
    client = BybitClient.from_client(trader)
    for name in bybit.ORDERS:
        answer = await client.order("", **LINEAR, **{name: "1"})
        assert (answer.code, name in answer.body["retMsg"]) == (10001, True)
    assert await count_orders(trader) == 0
    neutral = {"isLeverage": 0, "takeProfit": "", "closeOnTrigger": False, "stopLoss": "0"}
    assert (await client.order("mine", **LINEAR, **neutral)).code == 0
    for name in bybit.AMENDMENTS:
        fields = {**LINEAR, "orderLinkId": "mine", "price": "51000", name: "1"}
        answer = await client.post("/v5/order/amend", **fields)
        assert (answer.code, name in answer.body["retMsg"]) == (10001, True)
    (order,) = (await client.get("/v5/order/realtime", **LINEAR)).rows
    assert order["price"] == "50000"


@pytest.mark.parametrize(
    ("mode", "left"),
    [("None", "fills"), ("CancelMaker", "taker"), ("CancelTaker", "maker"), ("CancelBoth", "")],
)
async def test_bybit_prevents_trades_with_oneself(trader: Client, mode: str, left: str) -> None:
    client = BybitClient.from_client(trader)
    spot = {"category": "spot", "symbol": "BTCUSDT"}
    await trader.control("POST", "liquidity", symbol="BTCUSDT", depth="0")
    await trader.control("POST", "deposit", key=trader.key, asset="BTC", amount="1")
    await client.order("maker", price="64000")
    await client.order("taker", side="Sell", price="64000", smpType=mode)
    rows = (await client.get("/v5/order/realtime", **spot)).rows
    filled = (await client.get("/v5/execution/list", **spot)).rows
    names = [row["orderLinkId"] for row in rows]
    assert names == ([left] if left in ("taker", "maker") else [])
    assert bool(filled) is (left == "fills")
