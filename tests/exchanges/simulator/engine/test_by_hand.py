"""What a hand at the venue, or a slow venue, does to orders: true, and rare."""

from tests.exchanges.simulator.client import Client


async def test_replaced_by_hand_has_a_new_id_and_the_same_name(client: Client) -> None:
    old = (await client.order(newClientOrderId="mine")).body
    await client.control("POST", "replace", clientOrderId="mine", price="61000", quantity="0.02")
    named = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    new = (await client.signed("GET", "/api/v3/order", **named)).body
    assert new["orderId"] != old["orderId"]
    assert (new["status"], new["price"], new["origQty"]) == ("NEW", "61000.00000000", "0.02000000")
    asked = {"symbol": "BTCUSDT", "orderId": old["orderId"]}
    assert (await client.signed("GET", "/api/v3/order", **asked)).body["status"] == "CANCELED"


async def test_a_fill_may_be_told_after_the_end(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    named = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    await client.signed("DELETE", "/api/v3/order", **named)
    await client.control("POST", "fill", clientOrderId="mine", quantity="0.4", late=True)
    after = (await client.signed("GET", "/api/v3/order", **named)).body
    assert (after["status"], after["executedQty"]) == ("CANCELED", "0.40000000")
    account = (await client.signed("GET", "/api/v3/account")).body
    held = {row["asset"]: (row["free"], row["locked"]) for row in account["balances"]}
    assert held["USDT"] == ("76000.00000000", "0.00000000")
    assert held["BTC"] == ("2.39960000", "0.00000000")
    assert len((await client.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")).body) == 1


async def test_an_order_that_stands_is_not_filled_late(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    answer = await client.control("POST", "fill", clientOrderId="mine", late=True)
    assert answer.status == 404
