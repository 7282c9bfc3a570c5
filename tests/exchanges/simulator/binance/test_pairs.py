"""Binance spot's OCO: two orders for one quantity, of which one ends the other."""

import pytest

from tests.exchanges.simulator.client import Answer, Client

OCO = "/api/v3/orderList/oco"
PAIR = {
    **{"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5", "listClientOrderId": "both"},
    **{"aboveType": "TAKE_PROFIT", "aboveStopPrice": "90000", "aboveClientOrderId": "profit"},
    **{"belowType": "STOP_LOSS", "belowStopPrice": "30000", "belowClientOrderId": "loss"},
}


async def place(client: Client, **params: object) -> Answer:
    return await client.signed("POST", OCO, **PAIR | params)


async def read_statuses(client: Client) -> dict[str, str]:
    orders = await client.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")
    return {order["clientOrderId"]: order["status"] for order in orders.body}


async def read_locked(client: Client) -> str:
    account = await client.signed("GET", "/api/v3/account")
    return next(str(row["locked"]) for row in account.body["balances"] if row["asset"] == "BTC")


async def test_both_are_placed_and_lock_the_coins_once(client: Client) -> None:
    placed = (await place(client, newOrderRespType="RESULT")).body
    assert (placed["contingencyType"], placed["listOrderStatus"]) == ("OCO", "EXECUTING")
    assert [row["clientOrderId"] for row in placed["orderReports"]] == ["profit", "loss"]
    assert {row["orderListId"] for row in placed["orderReports"]} == {placed["orderListId"]}
    assert await read_locked(client) == "0.50000000"
    found = await client.signed("GET", "/api/v3/orderList", origClientOrderId="both")
    assert found.body["orders"] == placed["orders"]


@pytest.mark.parametrize(("fired", "ended"), [("profit", "loss"), ("loss", "profit")])
async def test_one_that_begins_ends_the_other(client: Client, fired: str, ended: str) -> None:
    await place(client)
    await client.control("POST", "trigger", clientOrderId=fired)
    assert await read_statuses(client) == {fired: "FILLED", ended: "EXPIRED"}
    assert await read_locked(client) == "0.00000000"
    assert (await client.signed("GET", "/api/v3/openOrderList")).body == []


async def test_a_part_of_a_resting_limit_ends_the_stop(client: Client) -> None:
    await place(client, aboveType="LIMIT_MAKER", abovePrice="90000", aboveStopPrice="")
    await client.control("POST", "fill", clientOrderId="profit", quantity="0.1")
    assert await read_statuses(client) == {"profit": "PARTIALLY_FILLED", "loss": "EXPIRED"}
    assert await read_locked(client) == "0.40000000"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("DELETE", "order", {"origClientOrderId": "loss"}),
        ("DELETE", "orderList", {"listClientOrderId": "both"}),
    ],
)
async def test_cancelling_one_cancels_both(
    client: Client, method: str, path: str, name: dict[str, str]
) -> None:
    await place(client)
    answer = await client.signed(method, f"/api/v3/{path}", symbol="BTCUSDT", **name)
    assert answer.body["listOrderStatus"] == "ALL_DONE"
    assert {row["status"] for row in answer.body["orderReports"]} == {"CANCELED"}
    assert await read_statuses(client) == {"profit": "CANCELED", "loss": "CANCELED"}
    assert await read_locked(client) == "0.00000000"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aboveStopPrice": "20000"}, -2010),  # reached already
        ({"belowType": "TAKE_PROFIT"}, -1013),  # which is above for a sale
        ({"quantity": "50"}, -2010),
        ({"aboveIcebergQty": "0.1"}, -1106),
        ({"belowClientOrderId": "profit"}, -2010),
    ],
)
async def test_a_refused_one_leaves_nothing(
    client: Client, change: dict[str, str], code: int
) -> None:
    answer = await place(client, **change)
    assert answer.refusal == (400, code)
    assert await read_statuses(client) == {}
    assert await read_locked(client) == "0.00000000"


async def test_an_order_alone_belongs_to_no_list(client: Client) -> None:
    placed = (await client.order()).body
    assert placed["orderListId"] == -1
    answer = await client.signed("GET", "/api/v3/orderList", orderListId=1)
    assert answer.refusal == (400, -2018)
