"""Binance spot's stop, take-profit and trailing orders, by REST and on the socket."""

from typing import Any

import pytest

from tests.exchanges.simulator.client import SUBSCRIBE, Client, Session

LIMIT = {"timeInForce": "GTC", "price": "58000"}


async def conditional(client: Client, type: str, **params: str) -> Any:
    wish = {"side": "SELL", "type": type, "quantity": "0.01", "newClientOrderId": "stop"}
    return await client.order(**wish | params)


async def row(client: Client) -> Any:
    query = {"symbol": "BTCUSDT", "origClientOrderId": "stop"}
    return (await client.signed("GET", "/api/v3/order", **query)).body


async def move(client: Client, *prices: str) -> None:
    for price in prices:
        await client.control("POST", "price", symbol="BTCUSDT", price=price)


async def test_a_stop_waits_among_the_open_orders_and_holds_its_money(client: Client) -> None:
    placed = (await conditional(client, "STOP_LOSS_LIMIT", stopPrice="59000", **LIMIT)).body
    assert set(placed) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    (listed,) = (await client.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")).body
    assert listed == await row(client)
    shown = ("type", "status", "stopPrice", "price", "isWorking", "workingTime")
    assert [listed[name] for name in shown] == [
        "STOP_LOSS_LIMIT",
        "NEW",
        "59000.00000000",
        "58000.00000000",
        False,
        -1,
    ]
    account = (await client.signed("GET", "/api/v3/account")).body
    assert {"asset": "BTC", "free": "1.99000000", "locked": "0.01000000"} in account["balances"]


@pytest.mark.parametrize(
    ("type", "params", "prices"),
    [
        ("STOP_LOSS", {"stopPrice": "59000"}, ["59000.01", "59000"]),
        ("STOP_LOSS_LIMIT", {"stopPrice": "59000", **LIMIT}, ["59000.01", "58999"]),
        ("TAKE_PROFIT", {"stopPrice": "70000"}, ["69999", "70000"]),
        ("TAKE_PROFIT_LIMIT", {"stopPrice": "70000", **LIMIT}, ["69999", "70000"]),
        ("STOP_LOSS", {"stopPrice": "66000", "side": "BUY"}, ["65999", "66000"]),
        ("TAKE_PROFIT", {"stopPrice": "60000", "side": "BUY"}, ["60001", "60000"]),
        ("STOP_LOSS", {"trailingDelta": "100"}, ["66000", "65340"]),
        ("STOP_LOSS", {"trailingDelta": "100", "stopPrice": "66000"}, ["66000", "65340"]),
        ("STOP_LOSS", {"trailingDelta": "100", "side": "BUY"}, ["60000", "60600"]),
    ],
)
async def test_each_type_fires_at_its_price_and_is_filled(
    client: Client, type: str, params: dict[str, str], prices: list[str]
) -> None:
    placed = (await conditional(client, type, **params)).body
    await move(client, prices[0])
    assert (await row(client))["status"] == "NEW"
    await move(client, prices[1])
    done = await row(client)
    assert (done["status"], done["orderId"], done["type"]) == ("FILLED", placed["orderId"], type)
    assert done["isWorking"] is True
    trades = await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert [trade["orderId"] for trade in trades.body] == [placed["orderId"]]


async def test_a_trailing_order_shows_its_delta(client: Client) -> None:
    wish = {"trailingDelta": "150", "newOrderRespType": "FULL"}
    placed = (await conditional(client, "STOP_LOSS", **wish)).body
    assert placed["trailingDelta"] == (await row(client))["trailingDelta"] == 150
    assert placed["trailingTime"] == placed["transactTime"]
    assert (placed["workingTime"], placed["fills"]) == (-1, [])


@pytest.mark.parametrize(
    ("type", "params", "refusal"),
    [
        ("STOP_LOSS", {}, (400, -1102)),
        ("STOP_LOSS_LIMIT", {"stopPrice": "59000"}, (400, -1102)),
        ("STOP_LOSS", {"stopPrice": "65000"}, (400, -2010)),
        ("TAKE_PROFIT", {"stopPrice": "60000"}, (400, -2010)),
        ("STOP_LOSS", {"stopPrice": "59000.001"}, (400, -1013)),
        ("STOP_LOSS", {"trailingDelta": "5"}, (400, -1013)),
        ("STOP_LOSS", {"stopPrice": "59000", "price": "59000"}, (400, -1106)),
        ("STOP_LOSS", {"stopPrice": "59000", "quantity": "3"}, (400, -2010)),
        ("LIMIT", {"stopPrice": "59000", **LIMIT}, (400, -1106)),
    ],
)
async def test_refusals(
    client: Client, type: str, params: dict[str, str], refusal: tuple[int, int]
) -> None:
    assert (await conditional(client, type, **params)).refusal == refusal


async def test_only_so_many_may_wait(client: Client) -> None:
    for number in range(5):
        wish = {"stopPrice": "59000", "newClientOrderId": f"stop{number}"}
        assert (await conditional(client, "STOP_LOSS", **wish)).status == 200
    refused = await conditional(client, "STOP_LOSS", stopPrice="59000")
    assert refused.body["msg"] == "Filter failure: MAX_NUM_ALGO_ORDERS"


async def test_a_cancelled_stop_tells_what_it_waited_for(client: Client) -> None:
    await conditional(client, "STOP_LOSS", stopPrice="59000")
    name = {"symbol": "BTCUSDT", "origClientOrderId": "stop"}
    ended = (await client.signed("DELETE", "/api/v3/order", **name)).body
    assert (ended["status"], ended["stopPrice"]) == ("CANCELED", "59000.00000000")
    await move(client, "50000")
    assert (await row(client))["executedQty"] == "0.00000000"


async def test_its_life_is_told(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    await conditional(client, "STOP_LOSS_LIMIT", stopPrice="59000", **LIMIT)
    new = await ws_session.event("executionReport")
    assert (new["x"], new["o"], new["P"], new["w"]) == (
        "NEW",
        "STOP_LOSS_LIMIT",
        "59000.00000000",
        False,
    )
    assert "W" not in new
    held = await ws_session.event("outboundAccountPosition")
    assert {"a": "BTC", "f": "1.99000000", "l": "0.01000000"} in held["B"]
    await move(client, "59000")
    fired = await ws_session.event("executionReport")
    assert (fired["x"], fired["X"], fired["w"], fired["i"]) == ("NEW", "NEW", True, new["i"])
    trade = await ws_session.event("executionReport")
    assert (trade["x"], trade["X"], trade["c"]) == ("TRADE", "FILLED", "stop")


async def test_a_change_by_its_owner_is_told_as_replaced(
    client: Client,
    ws_session: Session,
) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.order(newClientOrderId="mine", quantity="0.5")
    await client.control("POST", "amend", clientOrderId="mine", quantity="0.4")
    await ws_session.event("executionReport")
    told = await ws_session.event("executionReport")
    assert (told["x"], told["X"], told["c"], told["q"]) == ("REPLACED", "NEW", "mine", "0.40000000")
