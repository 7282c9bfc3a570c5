"""Manual changes at the venue and late fills: rare, but true events."""

from tests.exchanges.simulator.client import Client


async def test_a_replaced_order_has_a_new_id_and_the_same_client_id(client: Client) -> None:
    old = (await client.order(newClientOrderId="mine")).body
    await client.control("POST", "replace", clientOrderId="mine", price="61000", quantity="0.02")
    query = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    new = (await client.signed("GET", "/api/v3/order", **query)).body
    assert new["orderId"] != old["orderId"]
    assert (new["status"], new["price"], new["origQty"]) == ("NEW", "61000.00000000", "0.02000000")
    old_query = {"symbol": "BTCUSDT", "orderId": old["orderId"]}
    assert (await client.signed("GET", "/api/v3/order", **old_query)).body["status"] == "CANCELED"


async def test_a_fill_may_be_reported_after_the_order_ended(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    query = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    await client.signed("DELETE", "/api/v3/order", **query)
    await client.control("POST", "fill", clientOrderId="mine", quantity="0.4", late=True)
    after = (await client.signed("GET", "/api/v3/order", **query)).body
    assert (after["status"], after["executedQty"]) == ("CANCELED", "0.40000000")
    account = (await client.signed("GET", "/api/v3/account")).body
    balances = {row["asset"]: (row["free"], row["locked"]) for row in account["balances"]}
    assert balances["USDT"] == ("76000.00000000", "0.00000000")
    assert balances["BTC"] == ("2.39960000", "0.00000000")
    assert len((await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")).body) == 1


async def test_an_open_order_cannot_be_filled_late(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    answer = await client.control("POST", "fill", clientOrderId="mine", late=True)
    assert answer.status == 404


async def test_an_order_is_filled_by_many_trades_at_once(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    await client.control("POST", "fill", clientOrderId="mine", quantity="0.5", parts=100)
    query = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    after = (await client.signed("GET", "/api/v3/order", **query)).body
    assert (after["status"], after["executedQty"]) == ("PARTIALLY_FILLED", "0.50000000")
    trades = (await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")).body
    assert [trade["qty"] for trade in trades] == ["0.00500000"] * 100
    assert len({trade["id"] for trade in trades}) == 100


async def test_parts_that_do_not_divide_are_refused(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    for parts in (3, -1, 1001):
        answer = await client.control("POST", "fill", clientOrderId="mine", parts=parts)
        assert answer.status == 400
