"""Binance spot's cancel-replace: both steps, and what is said when one of them fails."""

import pytest

from tests.exchanges.simulator.client import Answer, Client

REPLACE = "/api/v3/order/cancelReplace"
NEW = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.02",
    "price": "59000",
    "cancelReplaceMode": "STOP_ON_FAILURE",
}


async def replace(client: Client, **params: object) -> Answer:
    return await client.signed("POST", REPLACE, **NEW | params)


async def statuses(client: Client) -> list[str]:
    orders = await client.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")
    return [order["status"] for order in orders.body]


async def test_one_order_takes_the_place_of_another_under_the_same_name(client: Client) -> None:
    first = (await client.order(newClientOrderId="mine")).body
    answer = await replace(client, cancelOrderId=first["orderId"], newClientOrderId="mine")
    assert answer.status == 200
    assert (answer.body["cancelResult"], answer.body["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert answer.body["cancelResponse"]["origClientOrderId"] == "mine"
    placed = answer.body["newOrderResponse"]
    assert placed["orderId"] > first["orderId"]
    assert (placed["clientOrderId"], placed["price"]) == ("mine", "59000.00000000")
    assert await statuses(client) == ["CANCELED", "NEW"]


async def test_what_cannot_be_cancelled_is_not_replaced(client: Client) -> None:
    answer = await replace(client, cancelOrigClientOrderId="nobody")
    assert answer.refusal == (400, -2022)
    assert answer.body["data"]["cancelResult"] == "FAILURE"
    assert answer.body["data"]["newOrderResult"] == "NOT_ATTEMPTED"
    assert answer.body["data"]["cancelResponse"]["code"] == -2011
    assert await statuses(client) == []


async def test_a_restriction_spares_an_order_that_is_partly_filled(client: Client) -> None:
    await client.order(newClientOrderId="mine")
    await client.control("POST", "fill", clientOrderId="mine", quantity="0.004")
    wanted = {"cancelOrigClientOrderId": "mine", "cancelRestrictions": "ONLY_NEW"}
    answer = await replace(client, **wanted)
    assert answer.refusal == (400, -2022)
    assert "restrictions" in answer.body["data"]["cancelResponse"]["msg"]
    assert await statuses(client) == ["PARTIALLY_FILLED"]


async def test_without_the_money_for_the_new_order_the_old_one_is_gone(client: Client) -> None:
    await client.order(newClientOrderId="mine")
    answer = await replace(client, cancelOrigClientOrderId="mine", quantity="100")
    assert answer.refusal == (409, -2021)
    assert answer.body["data"]["cancelResult"] == "SUCCESS"
    assert answer.body["data"]["newOrderResponse"]["code"] == -2010
    assert await statuses(client) == ["CANCELED"]


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"cancelOrigClientOrderId": "mine", "price": "59000.001"}, (400, -1013)),
        ({"cancelOrigClientOrderId": "mine", "cancelReplaceMode": "MAYBE"}, (400, -1102)),
    ],
)
async def test_what_is_malformed_cancels_nothing(
    client: Client, params: dict[str, str], refusal: tuple[int, int]
) -> None:
    await client.order(newClientOrderId="mine")
    assert (await replace(client, **params)).refusal == refusal
    assert await statuses(client) == ["NEW"]
