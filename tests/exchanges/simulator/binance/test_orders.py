"""Binance spot's order endpoints: fields, refusals and lists."""

import pytest

from tests.exchanges.simulator.client import Client

ORDER = "/api/v3/order"


async def test_a_new_order_is_answered_in_full(client: Client) -> None:
    answer = await client.order(newClientOrderId="web_1")
    assert answer.status == 200
    assert {k: v for k, v in answer.body.items() if k not in ("transactTime", "workingTime")} == {
        "symbol": "BTCUSDT",
        "orderId": 1000001,
        "orderListId": -1,
        "clientOrderId": "web_1",
        "price": "60000.00000000",
        "origQty": "0.01000000",
        "executedQty": "0.00000000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "fills": [],
    }


async def test_a_market_order_answers_with_its_fills(client: Client) -> None:
    answer = await client.order(type="MARKET", quantity="1")
    fills = answer.body["fills"]
    assert answer.body["status"] == "FILLED"
    assert [fill["qty"] for fill in fills] == ["0.31250000", "0.37500000", "0.31250000"]
    assert fills[0] == {
        "price": "64000.01000000",
        "qty": "0.31250000",
        "commission": "0.00031250",
        "commissionAsset": "BTC",
        "tradeId": 5000001,
    }


@pytest.mark.parametrize(
    ("params", "response"),
    [
        ({}, "FULL"),
        ({"newOrderRespType": "ACK"}, "ACK"),
        ({"newOrderRespType": "RESULT"}, "RESULT"),
        ({"type": "LIMIT_MAKER", "quantity": "0.01", "price": "60000"}, "ACK"),
    ],
)
async def test_response_types(client: Client, params: dict[str, str], response: str) -> None:
    body = (await client.order(**params)).body
    assert ("fills" in body, "status" in body) == (response == "FULL", response != "ACK")


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"symbol": "NOPE"}, (400, -1121)),
        ({"symbol": "btc/usdt"}, (400, -1100)),
        ({"side": "HOLD"}, (400, -1117)),
        ({"type": "ICEBERG"}, (400, -1116)),
        ({"type": "STOP_LOSS_LIMIT"}, (400, -1102)),
        ({"timeInForce": "NEVER"}, (400, -1115)),
        ({"timeInForce": ""}, (400, -1102)),
        ({"quantity": ""}, (400, -1102)),
        ({"quantity": "one"}, (400, -1100)),
        ({"quantity": "-1"}, (400, -1100)),
        ({"quantity": "0"}, (400, -1013)),
        ({"quantity": "0.123456789"}, (400, -1111)),
        ({"quantity": "0.000001"}, (400, -1013)),
        ({"price": ""}, (400, -1102)),
        ({"price": "0"}, (400, -1013)),
        ({"price": "60000.001"}, (400, -1013)),
        ({"newClientOrderId": "no spaces"}, (400, -1100)),
        ({"newClientOrderId": "x" * 37}, (400, -1100)),
        ({"newOrderRespType": "LOUD"}, (400, -1136)),
        ({"quoteOrderQty": "10"}, (400, -1106)),
        ({"type": "MARKET", "quantity": "0.01", "price": "60000"}, (400, -1106)),
        ({"type": "MARKET", "timeInForce": "GTC", "quantity": "1"}, (400, -1106)),
        ({"type": "MARKET"}, (400, -1102)),
        ({"quantity": "5"}, (400, -2010)),
        ({"type": "LIMIT_MAKER", "quantity": "0.01", "price": "65000"}, (400, -2010)),
    ],
)
async def test_refusals(client: Client, params: dict[str, str], refusal: tuple[int, int]) -> None:
    assert (await client.order(**params)).refusal == refusal
    assert (await client.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT")).body == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"quantity": "0.000001"}, "Filter failure: LOT_SIZE"),
        ({"price": "60000.001"}, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.00001"}, "Filter failure: NOTIONAL"),
        ({"price": "1000"}, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "5"}, "Account has insufficient balance for requested action."),
        (
            {"type": "LIMIT_MAKER", "quantity": "0.01", "price": "65000"},
            "Order would immediately match and take.",
        ),
    ],
)
async def test_messages_of_refusals(client: Client, params: dict[str, str], message: str) -> None:
    assert (await client.order(**params)).body["msg"] == message


async def test_a_client_id_can_be_reused_after_its_order_has_ended(client: Client) -> None:
    await client.order(newClientOrderId="mine")
    twice = await client.order(newClientOrderId="mine")
    assert (twice.refusal, twice.body["msg"]) == ((400, -2010), "Duplicate order sent.")
    await client.signed("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="mine")
    assert (await client.order(newClientOrderId="mine")).status == 200


async def test_a_test_order_is_checked_and_not_placed(client: Client) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.01"}
    assert (await client.signed("POST", "/api/v3/order/test", **order, price="60000")).body == {}
    refused = await client.signed("POST", "/api/v3/order/test", **order, price="65000")
    assert refused.refusal == (400, -2010)
    assert (await client.signed("GET", "/api/v3/openOrders")).body == []


async def test_an_order_is_found_by_either_id(client: Client) -> None:
    placed = (await client.order(newClientOrderId="mine")).body
    by_id = await client.signed("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    by_name = await client.signed("GET", ORDER, symbol="BTCUSDT", origClientOrderId="mine")
    assert by_id.body == by_name.body
    assert by_id.body["isWorking"] is True


@pytest.mark.parametrize(
    ("method", "params", "refusal"),
    [
        ("GET", {"orderId": 9}, (400, -2013)),
        ("GET", {"origClientOrderId": "nobody"}, (400, -2013)),
        ("GET", {}, (400, -1102)),
        ("DELETE", {"orderId": 9}, (400, -2011)),
        ("DELETE", {"orderId": "nine"}, (400, -1100)),
    ],
)
async def test_unknown_orders(
    client: Client, method: str, params: dict[str, str], refusal: tuple[int, int]
) -> None:
    assert (await client.signed(method, ORDER, symbol="BTCUSDT", **params)).refusal == refusal


async def test_a_cancel_answers_with_the_filled_quantity(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="0.01")
    await client.control("POST", "fill", clientOrderId="mine", quantity="0.004")
    cancel = {"symbol": "BTCUSDT", "origClientOrderId": "mine", "newClientOrderId": "why"}
    body = (await client.signed("DELETE", ORDER, **cancel)).body
    assert (body["status"], body["executedQty"]) == ("CANCELED", "0.00400000")
    assert (body["origClientOrderId"], body["clientOrderId"]) == ("mine", "why")
    assert (await client.signed("DELETE", ORDER, **cancel)).refusal == (400, -2011)


async def test_cancelling_all_of_a_symbol_leaves_the_others(client: Client) -> None:
    for name in ("one", "two"):
        await client.order(newClientOrderId=name)
    await client.order(symbol="ETHUSDT", quantity="1", price="3000", newClientOrderId="stays")
    cancelled = await client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert [row["origClientOrderId"] for row in cancelled.body] == ["one", "two"]
    left = await client.signed("GET", "/api/v3/openOrders")
    assert [row["clientOrderId"] for row in left.body] == ["stays"]
    again = await client.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert again.refusal == (400, -2011)


async def test_lists_start_at_an_id_or_end_at_the_newest(client: Client) -> None:
    ids = [(await client.order()).body["orderId"] for _ in range(4)]

    async def listed(**params: object) -> list[int]:
        answer = await client.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT", **params)
        return [row["orderId"] for row in answer.body]

    assert await listed() == ids
    assert await listed(limit=2) == ids[2:]
    assert await listed(limit=2, orderId=ids[1]) == ids[1:3]
    assert await listed(startTime=1, limit=3) == ids[:3]
    assert await listed(endTime=1) == []


async def test_trades_by_order_by_id_and_by_time(client: Client) -> None:
    first = (await client.order(type="MARKET", quantity="0.5")).body
    await client.order(type="MARKET", quantity="0.1", side="SELL")

    async def trades(**params: object) -> list[int]:
        answer = await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", **params)
        return [row["id"] for row in answer.body]

    assert await trades() == [5000001, 5000002, 5000003]
    assert await trades(orderId=first["orderId"]) == [5000001, 5000002]
    assert await trades(fromId=5000002) == [5000002, 5000003]
    assert await trades(limit=1) == [5000003]
    assert await trades(endTime=1) == []


async def test_a_time_range_over_a_day_is_refused(client: Client) -> None:
    span = {"symbol": "BTCUSDT", "startTime": 1, "endTime": 90_000_000}
    assert (await client.signed("GET", "/api/v3/myTrades", **span)).refusal == (400, -1127)


async def test_an_account_sees_only_its_own_orders(client: Client) -> None:
    placed = (await client.order()).body
    other = await Client.open(client.session, client.base, {"USDT": "1"})
    asked = await other.signed("GET", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    assert asked.refusal == (400, -2013)
    assert (await other.signed("GET", "/api/v3/openOrders")).body == []


async def test_the_account_shows_free_and_locked(client: Client) -> None:
    await client.order(quantity="0.5")
    body = (await client.signed("GET", "/api/v3/account")).body
    assert {"asset": "USDT", "free": "70000.00000000", "locked": "30000.00000000"} in body[
        "balances"
    ]
    assert (body["canTrade"], body["canWithdraw"]) == (True, False)
