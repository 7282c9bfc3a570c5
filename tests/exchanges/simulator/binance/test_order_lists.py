"""Order lists of Binance spot: the older endpoint, and the list of all lists."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exchanges.simulator.config import Config
from exchanges.simulator.server import start_simulator
from tests.exchanges.simulator.client import Client
from tests.simulator import TOKEN

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


WORKING = {
    **{"symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "60000"},
    **{"workingQuantity": "0.02", "workingTimeInForce": "GTC", "workingClientOrderId": "working"},
}
FOLLOWER = {
    **{"pendingType": "LIMIT", "pendingSide": "SELL", "pendingPrice": "70000"},
    **{"pendingQuantity": "0.01", "pendingTimeInForce": "GTC", "pendingClientOrderId": "next"},
}
PAIR = {
    **{"pendingSide": "SELL", "pendingQuantity": "0.01", "pendingAboveType": "LIMIT_MAKER"},
    **{"pendingAbovePrice": "70000", "pendingBelowType": "STOP_LOSS"},
    **{"pendingBelowStopPrice": "55000", "pendingAboveClientOrderId": "profit"},
    "pendingBelowClientOrderId": "loss",
}
OTO, OTOCO = "/api/v3/orderList/oto", "/api/v3/orderList/otoco"


async def read_states(client: Client) -> dict[str, str]:
    rows = (await client.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")).body
    return {row["clientOrderId"]: row["status"] for row in rows}


async def read_locked(client: Client) -> dict[str, float]:
    rows = (await client.signed("GET", "/api/v3/account")).body["balances"]
    return {row["asset"]: float(row["locked"]) for row in rows if float(row["locked"])}


async def fill(client: Client, name: str, quantity: str) -> None:
    await client.control("POST", "fill", clientOrderId=name, quantity=quantity)


async def test_a_follower_begins_when_the_first_order_is_wholly_filled(client: Client) -> None:
    placed = (await client.signed("POST", OTO, **WORKING, **FOLLOWER)).body
    assert placed["contingencyType"] == "OTO"
    assert [report["status"] for report in placed["orderReports"]] == ["NEW", "PENDING_NEW"]
    assert await read_locked(client) == {"USDT": 1200}
    await fill(client, "working", "0.01")
    assert await read_states(client) == {"working": "PARTIALLY_FILLED", "next": "PENDING_NEW"}
    await fill(client, "working", "0.01")
    assert await read_states(client) == {"working": "FILLED", "next": "NEW"}
    assert await read_locked(client) == {"BTC": 0.01}
    await client.control("POST", "price", symbol="BTCUSDT", price="70000")
    assert (await read_states(client))["next"] == "FILLED"


async def test_of_two_followers_one_ends_the_other(client: Client) -> None:
    placed = (await client.signed("POST", OTOCO, **WORKING, **PAIR)).body
    await client.control("POST", "price", symbol="BTCUSDT", price="60000")
    assert await read_states(client) == {"working": "FILLED", "profit": "NEW", "loss": "NEW"}
    assert await read_locked(client) == {"BTC": 0.01}
    await client.control("POST", "price", symbol="BTCUSDT", price="54000")
    states = {"working": "FILLED", "profit": "EXPIRED", "loss": "FILLED"}
    assert await read_states(client) == states
    assert await read_locked(client) == {}
    ids = {"orderListId": placed["orderListId"]}
    listed = (await client.signed("GET", "/api/v3/orderList", **ids)).body
    assert (listed["listOrderStatus"], len(listed["orders"])) == ("ALL_DONE", 3)


@pytest.mark.parametrize("path", [OTO, OTOCO])
async def test_followers_end_with_the_first_order(client: Client, path: str) -> None:
    followers = FOLLOWER if path == OTO else PAIR
    placed = (await client.signed("POST", path, **WORKING, **followers)).body
    await fill(client, "working", "0.01")
    ids = {"symbol": "BTCUSDT", "orderListId": placed["orderListId"]}
    ended = (await client.signed("DELETE", "/api/v3/orderList", **ids)).body
    assert {report["status"] for report in ended["orderReports"]} == {"CANCELED"}
    assert set((await read_states(client)).values()) == {"CANCELED"}
    assert await read_locked(client) == {}


async def test_a_follower_that_cannot_be_paid_for_expires(client: Client) -> None:
    await client.signed("POST", OTO, **WORKING, **FOLLOWER | {"pendingQuantity": "2.5"})
    await fill(client, "working", "0.02")
    assert await read_states(client) == {"working": "FILLED", "next": "EXPIRED"}


async def test_a_first_order_that_takes_lets_its_follower_begin_at_once(client: Client) -> None:
    taking = WORKING | {"workingPrice": "65000"}
    market = {"pendingType": "MARKET", "pendingSide": "SELL", "pendingQuantity": "0.02"}
    answer = await client.signed("POST", OTO, **taking, **market, pendingClientOrderId="next")
    assert answer.status == 200, answer.body
    assert await read_states(client) == {"working": "FILLED", "next": "FILLED"}


@pytest.mark.parametrize(
    "change",
    [
        {"workingType": "MARKET"},
        {"pendingIcebergQty": "0.001"},
        {"pendingPrice": "70000.001"},
        {"pendingSide": ""},
        {"workingQuantity": "900"},
    ],
)
async def test_a_list_that_breaks_a_limit_places_nothing(
    client: Client, change: dict[str, str]
) -> None:
    answer = await client.signed("POST", OTO, **WORKING | FOLLOWER | change)
    assert answer.status == 400
    assert await read_states(client) == {}


async def test_a_follower_outlives_a_restart(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    config = Config(home=tmp_path, port=0, paused=True, control_token=TOKEN)
    first = await start_simulator(config)
    client = await Client.open(session, f"http://127.0.0.1:{first.port}", {"USDT": "10000"})
    await client.signed("POST", OTO, **WORKING, **FOLLOWER)
    await first.stop()
    second = await start_simulator(config)
    client.base = f"http://127.0.0.1:{second.port}"
    await fill(client, "working", "0.02")
    assert await read_states(client) == {"working": "FILLED", "next": "NEW"}
    await second.stop()


async def test_exchange_info_offers_what_can_be_done(client: Client) -> None:
    (row,) = (await client.public("/api/v3/exchangeInfo", symbol="BTCUSDT")).body["symbols"]
    offered = {name for name, value in row.items() if name.endswith("Allowed") and value}
    assert {"ocoAllowed", "otoAllowed", "amendAllowed", "cancelReplaceAllowed"} <= offered
    assert "icebergAllowed" not in offered
