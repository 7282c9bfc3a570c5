"""The control API."""

from decimal import Decimal

import pytest

from exchanges.simulator.orders.conditional_orders import WaitingOrder
from exchanges.simulator.orders.orders import NewOrder
from exchanges.simulator.orders.triggers import stop_loss
from exchanges.simulator.server import RunningSimulator
from tests.exchanges.simulator.client import Client


async def test_a_request_without_the_token_is_refused(client: Client) -> None:
    answer = await client.public("/control/state")
    assert (answer.status, answer.body["simulated"]) == (401, True)
    assert "prices" not in answer.body


async def test_the_front_page_calls_it_simulated(client: Client) -> None:
    async with client.session.get(client.base + "/") as answer:
        assert "simulated" in await answer.text()


async def test_an_account_with_given_keys_is_opened_once(client: Client) -> None:
    request = {"api_key": "demo-key-1", "secret": "demo-secret", "balances": {"USDT": "10"}}
    first = await client.control("POST", "accounts", **request)
    again = await client.control("POST", "accounts", **request)
    assert first.body == again.body
    assert (first.body["key"], first.body["secret"]) == ("demo-key-1", "demo-secret")
    assert first.body["balances"]["USDT"]["free"] == "10.00000000"


async def test_listed_accounts_have_no_secrets(client: Client) -> None:
    answer = await client.control("GET", "accounts")
    assert [row["key"] for row in answer.body["accounts"]] == [client.key]
    assert client.secret not in str(answer.body)


async def test_fees_of_an_account(client: Client) -> None:
    free = await Client.open(
        client.session, client.base, {"USDT": "1000"}, fees={"maker": "0", "taker": "0.002"}
    )
    filled = (await free.order(type="MARKET", quantity="0.01")).body["fills"]
    assert filled[0]["commission"] == "0.00002000"


async def test_a_deposit(client: Client) -> None:
    answer = await client.control("POST", "deposit", key=client.key, asset="ETH", amount="2.5")
    assert answer.body["balances"]["ETH"]["free"] == "2.50000000"


async def test_prices_with_little_liquidity(client: Client) -> None:
    await client.order(quantity="1", newClientOrderId="mine")
    moved = await client.control("POST", "price", symbol="BTCUSDT", price="60000", liquidity="0.25")
    assert moved.body == {
        "simulated": True,
        "symbol": "BTCUSDT",
        "price": "60000",
        "filled": "0.25",
    }
    (order,) = (await client.control("GET", "orders", account=client.key)).body["orders"]
    assert (order["status"], order["executedQty"]) == ("PARTIALLY_FILLED", "0.25000000")


async def test_fill_and_cancel_by_hand(client: Client) -> None:
    await client.order(newClientOrderId="mine", quantity="1")
    filled = await client.control("POST", "fill", clientOrderId="mine", quantity="0.5")
    assert filled.body["order"]["executedQty"] == "0.50000000"
    cancelled = await client.control("POST", "cancel", clientOrderId="mine")
    assert cancelled.body["order"]["status"] == "CANCELED"
    assert (await client.control("POST", "cancel", clientOrderId="mine")).status == 409
    (trade,) = (await client.control("GET", "trades")).body["trades"]
    assert trade["account"] == client.key


async def test_an_order_id_that_two_symbols_share_needs_the_symbol(client: Client) -> None:
    await client.order()
    shared = (await client.order(symbol="ETHUSDT", quantity="1", price="3000")).body["orderId"]
    assert (await client.control("POST", "fill", orderId=shared)).status == 400
    filled = await client.control("POST", "fill", orderId=shared, symbol="ETHUSDT")
    assert filled.body["order"]["status"] == "FILLED"


async def test_a_paused_walk_steps_on_request(client: Client) -> None:
    before = (await client.control("GET", "state")).body
    stepped = (await client.control("POST", "walk", step=5)).body
    assert (before["paused"], stepped["paused"], stepped["stepped"]) == (True, True, 5)
    assert stepped["prices"] != before["prices"]


async def test_liquidity_can_be_taken_away(client: Client) -> None:
    await client.control("POST", "liquidity", symbol="BTCUSDT", depth="0")
    assert (await client.public("/api/v3/depth", symbol="BTCUSDT")).body["asks"] == []
    await client.control("POST", "liquidity", symbol="BTCUSDT", depth="2", levels=3)
    asks = (await client.public("/api/v3/depth", symbol="BTCUSDT")).body["asks"]
    assert [quantity for _, quantity in asks] == ["2.00000000", "2.40000000", "2.80000000"]


async def test_calls_are_counted(client: Client) -> None:
    await client.signed("GET", "/api/v3/openOrders")
    state = (await client.control("GET", "state")).body
    assert state["endpoints"] == {"GET /api/v3/openOrders": 1}
    assert state["requests_by_key"] == {client.key: 1}
    assert state["weight_by_key"] == {client.key: 80}
    await client.control("DELETE", "counters")
    assert (await client.control("GET", "state")).body["requests"] == 0


async def test_reset_deletes_everything(client: Client) -> None:
    await client.order()
    await client.control("POST", "price", symbol="BTCUSDT", price="1000")
    await client.control("POST", "reset")
    state = (await client.control("GET", "state")).body
    assert (state["accounts"], state["open_orders"]) == (0, 0)
    assert state["prices"]["BTCUSDT"] == "64000"
    assert (await client.signed("GET", "/api/v3/account")).refusal == (401, -2015)


@pytest.mark.parametrize(
    ("method", "name", "fields", "status"),
    [
        ("POST", "price", {}, 400),
        ("POST", "price", {"symbol": "NOPE", "price": "1"}, 404),
        ("POST", "price", {"symbol": "BTCUSDT", "price": "cheap"}, 400),
        ("POST", "price", {"symbol": "BTCUSDT", "price": "1.005"}, 400),
        ("POST", "price", {"symbol": "BTCUSDT", "price": "-1"}, 400),
        ("POST", "fill", {}, 400),
        ("POST", "fill", {"orderId": 1}, 404),
        ("POST", "walk", {"step": -1}, 400),
        ("POST", "walk", {"paused": "yes"}, 400),
        ("POST", "faults", {"kind": "earthquake"}, 400),
        ("POST", "accounts", {"permissions": {"flying": True}}, 400),
        ("POST", "accounts", {"balances": {"USDT": "much"}}, 400),
        ("POST", "revoke", {"key": "nobody"}, 404),
        ("GET", "orders", {"account": "nobody"}, 404),
    ],
)
async def test_invalid_requests_get_clear_errors(
    client: Client, method: str, name: str, fields: dict[str, object], status: int
) -> None:
    answer = await client.control(method, name, **fields)
    assert (answer.status, answer.body["simulated"]) == (status, True)
    assert answer.body["error"]


async def test_an_order_is_amended(client: Client) -> None:
    placed = (await client.order(newClientOrderId="mine", quantity="0.5")).body
    changes = {"price": "61000", "quantity": "0.7"}
    await client.control("POST", "amend", clientOrderId="mine", **changes)
    query = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    row = (await client.signed("GET", "/api/v3/order", **query)).body
    assert (row["orderId"], row["price"], row["origQty"]) == (
        placed["orderId"],
        "61000.00000000",
        "0.70000000",
    )


@pytest.mark.parametrize("changes", [{}, {"quantity": "0.1"}, {"quantity": "100"}])
async def test_an_invalid_amendment_is_refused(client: Client, changes: dict[str, str]) -> None:
    await client.order(newClientOrderId="mine", quantity="0.5")
    await client.control("POST", "fill", clientOrderId="mine", quantity="0.2")
    answer = await client.control("POST", "amend", clientOrderId="mine", **changes)
    assert answer.status == 400


@pytest.fixture
def stop(simulator: RunningSimulator, client: Client) -> WaitingOrder:
    """A waiting order, as venues other than Binance spot have it."""
    request = NewOrder(
        account=client.key,
        symbol="BTCUSDT",
        side="SELL",
        type="LIMIT",
        client_id="stop",
        quantity=Decimal(1),
        price=Decimal(70000),
    )
    trigger = stop_loss(buys=False, price=Decimal(60000))
    return simulator.simulation.venue.add_waiting_order(request, trigger)


async def test_a_waiting_order_is_listed_amended_and_cancelled(
    client: Client, stop: WaitingOrder
) -> None:
    changed = await client.control("POST", "amend", clientOrderId="stop", trigger_price="59000")
    (listed,) = (await client.control("GET", "waiting", account=client.key)).body["waiting"]
    assert changed.body["waiting"] == listed
    assert (listed["waitingId"], listed["status"], listed["firesAt"]) == (stop.id, "NEW", "59000")
    await client.control("POST", "cancel", waitingId=stop.id)
    assert stop.status == "CANCELED"
    assert (await client.control("POST", "cancel", clientOrderId="stop")).status == 404


async def test_a_waiting_order_is_fired_by_hand(client: Client, stop: WaitingOrder) -> None:
    answer = (await client.control("POST", "trigger", clientOrderId="stop")).body
    assert (answer["waiting"]["status"], answer["order"]["status"]) == ("TRIGGERED", "NEW")
    again = await client.control("POST", "trigger", clientOrderId="stop")
    assert again.status == 400


async def test_a_waiting_order_is_filled_by_hand(client: Client, stop: WaitingOrder) -> None:
    row = (await client.control("POST", "fill", clientOrderId="stop", quantity="0.3")).body["order"]
    assert (row["status"], row["executedQty"]) == ("PARTIALLY_FILLED", "0.30000000")
