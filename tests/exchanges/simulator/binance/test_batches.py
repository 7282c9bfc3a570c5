"""Binance's batches, countdowns, price match and lists of changes; orders made smaller."""

import json
from typing import Any

import aiohttp
import pytest

from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Client, Session, eventually

BTC = {"symbol": "BTCUSDT"}
ORDER, BATCH, COUNTDOWN = (f"/fapi/v1/{n}" for n in ("order", "batchOrders", "countdownCancelAll"))
KEEP_PRIORITY = "/api/v3/order/amend/keepPriority"
LIMIT = {**BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}


@pytest.fixture
async def trader(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Client:
    base = f"http://127.0.0.1:{simulator.port}"
    fields = {"futures": {"USDT": "100000"}, "permissions": {"futures": True}}
    return await Client.open(session, base, {"USDT": "1000"}, **fields)


async def send_batch(trader: Client, method: str, orders: list[dict[str, Any]]) -> list[Any]:
    answer = await trader.signed(method, BATCH, batchOrders=json.dumps(orders))
    assert answer.status == 200, answer.body
    return list(answer.body)


async def list_prices(trader: Client) -> list[str]:
    rows = (await trader.signed("GET", "/fapi/v1/openOrders", **BTC)).body
    return sorted(row["price"] for row in rows)


async def test_each_order_of_a_batch_stands_alone(trader: Client) -> None:
    placed = await send_batch(
        trader,
        "POST",
        [
            {**LIMIT, "price": "60000.0", "newClientOrderId": "one"},
            {**LIMIT, "price": "60000.01"},
            {**LIMIT, "quantity": 0.02, "price": "59000.0", "newClientOrderId": "two"},
        ],
    )
    assert [row.get("code") for row in placed] == [None, -1111, None]
    assert await list_prices(trader) == ["59000", "60000"]
    changes = [
        {
            **BTC,
            "orderId": placed[0]["orderId"],
            "side": "BUY",
            "quantity": "0.01",
            "price": "58000",
        },
        {**BTC, "orderId": 17, "side": "BUY", "quantity": "1", "price": "58000"},
    ]
    changed = await send_batch(trader, "PUT", changes)
    assert [row.get("code") for row in changed] == [None, -2013]
    assert await list_prices(trader) == ["58000", "59000"]
    (history,) = (
        await trader.signed("GET", "/fapi/v1/orderAmendment", **BTC, origClientOrderId="one")
    ).body
    assert history["amendment"]["price"] == {"before": "60000.0", "after": "58000"}
    ids = json.dumps([placed[0]["orderId"], 17])
    cancelled = (await trader.signed("DELETE", BATCH, **BTC, orderIdList=ids)).body
    assert [row.get("code") for row in cancelled] == [None, -2011]
    names = json.dumps(["two"])
    await trader.signed("DELETE", BATCH, **BTC, origClientOrderIdList=names)
    assert await list_prices(trader) == []


@pytest.mark.parametrize("content", ["[]", "{}", "[1]", json.dumps([LIMIT] * 6), "no json"])
async def test_a_batch_that_is_none_is_refused(trader: Client, content: str) -> None:
    answer = await trader.signed("POST", BATCH, batchOrders=content)
    assert answer.refusal in ((400, -4082), (400, -1130))


async def test_orders_are_cancelled_when_the_countdown_ends(
    trader: Client, simulator: RunningSimulator
) -> None:
    other = {"symbol": "ETHUSDT", "quantity": "0.1", "price": "3000"}
    await trader.signed("POST", ORDER, **LIMIT, price="60000")
    await trader.signed("POST", ORDER, **LIMIT | other)
    assert (await trader.signed("POST", COUNTDOWN, **BTC, countdownTime=600_000)).status == 200
    assert (await trader.signed("POST", COUNTDOWN, **BTC, countdownTime=0)).status == 200
    assert simulator.simulation.countdowns.list_running() == []
    await trader.control("POST", "limits", countdown_speed=1000)
    await trader.signed("POST", COUNTDOWN, **BTC, countdownTime=10_000)

    async def is_cancelled() -> bool:
        return not await list_prices(trader)

    await eventually(is_cancelled)
    left = (await trader.signed("GET", "/fapi/v1/openOrders")).body
    assert [row["symbol"] for row in left] == ["ETHUSDT"]
    assert (await trader.signed("POST", COUNTDOWN, **BTC)).refusal == (400, -1102)


@pytest.mark.parametrize(
    ("match", "side", "level"),
    [("QUEUE", "bids", 0), ("QUEUE_5", "bids", 4), ("OPPONENT", "asks", 0)],
)
async def test_a_matched_price_is_that_of_its_level(
    trader: Client, match: str, side: str, level: int
) -> None:
    book = (await trader.public("/fapi/v1/depth", **BTC, limit=10)).body
    placed = (await trader.signed("POST", ORDER, **LIMIT, priceMatch=match)).body
    assert float(placed["price"]) == float(book[side][level][0])


@pytest.mark.parametrize("fields", [{"priceMatch": "BEST"}, {"priceMatch": "QUEUE", "price": "1"}])
async def test_a_price_match_that_is_none_is_refused(
    trader: Client, fields: dict[str, str]
) -> None:
    answer = await trader.signed("POST", ORDER, **LIMIT, **fields)
    assert answer.refusal in ((400, -1130), (400, -1106))


async def test_a_smaller_order_keeps_its_place_and_gets_its_new_name(
    client: Client, ws_session: Session
) -> None:
    await ws_session.signed("userDataStream.subscribe.signature")
    await client.order(newClientOrderId="first", quantity="0.02")
    await client.order(newClientOrderId="second")
    names = {"origClientOrderId": "first", "newClientOrderId": "smaller"}
    amended = (await client.signed("PUT", KEEP_PRIORITY, **BTC, **names, newQty="0.01")).body
    order = amended["amendedOrder"]
    assert (order["qty"], order["clientOrderId"]) == ("0.01000000", "smaller")
    while (event := await ws_session.event("executionReport"))["x"] != "REPLACED":
        pass
    assert (event["c"], event["C"], event["q"]) == ("smaller", "first", "0.01000000")
    gone = await client.signed("GET", "/api/v3/order", **BTC, origClientOrderId="first")
    assert gone.refusal == (400, -2013)
    held = (await client.signed("GET", "/api/v3/account")).body["balances"]
    assert {row["asset"]: row["locked"] for row in held}["USDT"] == "1200.00000000"
    await client.control("POST", "price", symbol="BTCUSDT", price="60000", liquidity="0.01")
    (left,) = (await client.signed("GET", "/api/v3/openOrders", **BTC)).body
    assert left["clientOrderId"] == "second"
    ids = {**BTC, "orderId": order["orderId"]}
    (listed,) = (await client.signed("GET", "/api/v3/order/amendments", **ids)).body
    assert (listed["origQty"], listed["newQty"]) == ("0.02000000", "0.01000000")


@pytest.mark.parametrize("quantity", ["0.01", "0.02"])
async def test_an_order_is_only_made_smaller(client: Client, quantity: str) -> None:
    placed = (await client.order()).body
    ids = {**BTC, "orderId": placed["orderId"]}
    answer = await client.signed("PUT", KEEP_PRIORITY, **ids, newQty=quantity)
    assert answer.refusal == (400, -2038)


async def test_a_name_in_use_is_refused(client: Client) -> None:
    for name in ("one", "two"):
        await client.order(newClientOrderId=name)
    names = {"origClientOrderId": "one", "newClientOrderId": "two"}
    answer = await client.signed("PUT", KEEP_PRIORITY, **BTC, **names, newQty="0.001")
    assert answer.refusal == (400, -2010)
