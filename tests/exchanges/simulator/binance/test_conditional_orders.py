"""Binance spot's stop, take-profit and trailing orders, by REST and on the socket."""

from typing import Any

import pytest

from tests.exchanges.simulator.client import SUBSCRIBE, Client, Session

LIMIT = {"timeInForce": "GTC", "price": "58000"}


async def place_conditional(client: Client, type: str, **params: str) -> Any:
    order = {"side": "SELL", "type": type, "quantity": "0.01", "newClientOrderId": "stop"}
    return await client.order(**order | params)


async def fetch_row(client: Client) -> Any:
    query = {"symbol": "BTCUSDT", "origClientOrderId": "stop"}
    return (await client.signed("GET", "/api/v3/order", **query)).body


async def move_price(client: Client, *prices: str) -> None:
    for price in prices:
        await client.control("POST", "price", symbol="BTCUSDT", price=price)


async def test_a_stop_is_an_open_order_and_locks_its_balance(client: Client) -> None:
    placed = (await place_conditional(client, "STOP_LOSS_LIMIT", stopPrice="59000", **LIMIT)).body
    assert set(placed) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    (listed,) = (await client.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")).body
    assert listed == await fetch_row(client)
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
    placed = (await place_conditional(client, type, **params)).body
    await move_price(client, prices[0])
    assert (await fetch_row(client))["status"] == "NEW"
    await move_price(client, prices[1])
    done = await fetch_row(client)
    assert (done["status"], done["orderId"], done["type"]) == ("FILLED", placed["orderId"], type)
    assert done["isWorking"] is True
    trades = await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert [trade["orderId"] for trade in trades.body] == [placed["orderId"]]


async def test_a_trailing_order_shows_its_delta(client: Client) -> None:
    order = {"trailingDelta": "150", "newOrderRespType": "FULL"}
    placed = (await place_conditional(client, "STOP_LOSS", **order)).body
    assert placed["trailingDelta"] == (await fetch_row(client))["trailingDelta"] == 150
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
    assert (await place_conditional(client, type, **params)).refusal == refusal


async def test_the_number_of_waiting_orders_is_limited(client: Client) -> None:
    for number in range(5):
        order = {"stopPrice": "59000", "newClientOrderId": f"stop{number}"}
        assert (await place_conditional(client, "STOP_LOSS", **order)).status == 200
    refused = await place_conditional(client, "STOP_LOSS", stopPrice="59000")
    assert refused.body["msg"] == "Filter failure: MAX_NUM_ALGO_ORDERS"


async def test_a_cancelled_stop_shows_its_trigger(client: Client) -> None:
    await place_conditional(client, "STOP_LOSS", stopPrice="59000")
    name = {"symbol": "BTCUSDT", "origClientOrderId": "stop"}
    ended = (await client.signed("DELETE", "/api/v3/order", **name)).body
    assert (ended["status"], ended["stopPrice"]) == ("CANCELED", "59000.00000000")
    await move_price(client, "50000")
    assert (await fetch_row(client))["executedQty"] == "0.00000000"


async def test_every_change_of_a_stop_is_published(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    await place_conditional(client, "STOP_LOSS_LIMIT", stopPrice="59000", **LIMIT)
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
    await move_price(client, "59000")
    fired = await ws_session.event("executionReport")
    assert (fired["x"], fired["X"], fired["w"], fired["i"]) == ("NEW", "NEW", True, new["i"])
    trade = await ws_session.event("executionReport")
    assert (trade["x"], trade["X"], trade["c"]) == ("TRADE", "FILLED", "stop")


async def test_an_amended_order_is_published_as_replaced(
    client: Client,
    ws_session: Session,
) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.order(newClientOrderId="mine", quantity="0.5")
    await client.control("POST", "amend", clientOrderId="mine", quantity="0.4")
    await ws_session.event("executionReport")
    told = await ws_session.event("executionReport")
    assert (told["x"], told["X"], told["c"], told["q"]) == ("REPLACED", "NEW", "mine", "0.40000000")
