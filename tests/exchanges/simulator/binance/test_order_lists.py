"""Order lists of Binance spot: the older endpoint, and the list of all lists."""

from typing import Any

import pytest

from tests.exchanges.simulator.client import Client

BTC = {"symbol": "BTCUSDT", "quantity": "0.01"}
SELL = {"side": "SELL", "price": "67000", "stopPrice": "61000"}
BUY = {"side": "BUY", "price": "61000", "stopPrice": "67000"}
OLD, ALL = "/api/v3/order/oco", "/api/v3/allOrderList"


@pytest.mark.parametrize("fields", [SELL, BUY], ids=["sell", "buy"])
@pytest.mark.parametrize("limit", ["", "stopLimitPrice"], ids=["market", "limit"])
async def test_the_older_endpoint_places_a_limit_and_a_stop(
    client: Client, fields: dict[str, Any], limit: str
) -> None:
    names = {"limitClientOrderId": "limit", "stopClientOrderId": "stop"}
    extra = {limit: fields["stopPrice"], "stopLimitTimeInForce": "GTC"} if limit else {}
    placed = await client.signed("POST", OLD, **BTC, **fields, **names, **extra)
    assert placed.status == 200, placed.body
    rows = (await client.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")).body
    orders = {row["clientOrderId"]: row for row in rows}
    assert (orders["limit"]["type"], float(orders["limit"]["price"])) == (
        "LIMIT_MAKER",
        float(fields["price"]),
    )
    assert orders["stop"]["type"] == ("STOP_LOSS_LIMIT" if limit else "STOP_LOSS")
    assert float(orders["stop"]["stopPrice"]) == float(fields["stopPrice"])


async def test_what_the_older_endpoint_cannot_do_is_refused(client: Client) -> None:
    for name in ("limitIcebergQty", "stopIcebergQty", "trailingDelta"):
        answer = await client.signed("POST", OLD, **BTC, **SELL, **{name: "0.001"})
        assert answer.status == 400
    assert (await client.signed("GET", ALL)).body == []


async def test_ended_lists_are_listed_too(client: Client) -> None:
    ids = [(await client.signed("POST", OLD, **BTC, **SELL)).body["orderListId"] for _ in "ab"]
    ended = {"symbol": "BTCUSDT", "orderListId": ids[0]}
    await client.signed("DELETE", "/api/v3/orderList", **ended)
    rows = (await client.signed("GET", ALL)).body
    states = [(row["orderListId"], row["listOrderStatus"]) for row in rows]
    assert states == [(ids[0], "ALL_DONE"), (ids[1], "EXECUTING")]
    later = (await client.signed("GET", ALL, fromId=ids[1])).body
    assert [row["orderListId"] for row in later] == ids[1:]
    assert (await client.signed("GET", ALL, fromId=1, startTime=1)).refusal == (400, -1128)
