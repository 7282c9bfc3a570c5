"""Binance's WebSocket API: account events, and orders over a socket."""

import aiohttp
import pytest

from tests.exchanges.simulator.client import SUBSCRIBE, Client, Session


async def test_ping_and_time(ws_session: Session) -> None:
    assert (await ws_session.ask("ping"))["result"] == {}
    answer = await ws_session.ask("time")
    assert answer["status"] == 200
    assert answer["rateLimits"][0]["limit"] == 6000


async def test_a_subscription_needs_a_good_signature(ws_session: Session) -> None:
    refused = await ws_session.signed(SUBSCRIBE, recvWindow=5000, extra="&")
    assert refused["status"] == 200
    again = await ws_session.signed(SUBSCRIBE)
    assert (again["status"], again["error"]["code"]) == (400, -2035)


@pytest.mark.parametrize(
    ("key", "secret", "status", "code"),
    [("unknown-key-of-nobody", None, 401, -2015), (None, "guessed", 400, -1022)],
)
async def test_unknown_and_wrong_credentials_are_refused(
    client: Client,
    ws_session: Session,
    key: str | None,
    secret: str | None,
    status: int,
    code: int,
) -> None:
    client.key, client.secret = key or client.key, secret or client.secret
    answer = await ws_session.signed(SUBSCRIBE)
    assert (answer["status"], answer["error"]["code"]) == (status, code)


async def test_every_change_of_an_order_is_published(client: Client, ws_session: Session) -> None:
    assert (await ws_session.signed(SUBSCRIBE))["result"] == {"subscriptionId": 0}
    placed = (await client.order(newClientOrderId="mine", quantity="1")).body
    new = await ws_session.event("executionReport")
    assert (new["x"], new["X"], new["i"], new["c"]) == ("NEW", "NEW", placed["orderId"], "mine")
    held = await ws_session.event("outboundAccountPosition")
    assert {"a": "USDT", "f": "40000.00000000", "l": "60000.00000000"} in held["B"]
    await client.control("POST", "price", symbol="BTCUSDT", price="60000", liquidity="0.4")
    trade = await ws_session.event("executionReport")
    assert (trade["x"], trade["X"], trade["l"], trade["z"], trade["L"]) == (
        "TRADE",
        "PARTIALLY_FILLED",
        "0.40000000",
        "0.40000000",
        "60000.00000000",
    )
    assert (trade["n"], trade["N"], trade["t"], trade["m"]) == ("0.00040000", "BTC", 5000001, True)
    await client.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine")
    end = await ws_session.event("executionReport")
    assert (end["x"], end["X"], end["C"], end["z"]) == (
        "CANCELED",
        "CANCELED",
        "mine",
        "0.40000000",
    )
    assert end["c"] != "mine"


async def test_a_deposit_is_published(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.control("POST", "deposit", key=client.key, asset="USDT", amount="5")
    assert (await ws_session.event("balanceUpdate"))["d"] == "5.00000000"


async def test_an_account_gets_only_its_own_events(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    other = await Client.open(client.session, client.base, {"USDT": "100000"})
    await other.order(newClientOrderId="theirs")
    await client.order(newClientOrderId="ours")
    assert (await ws_session.event("executionReport"))["c"] == "ours"


async def test_no_events_after_unsubscribing(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    assert (await ws_session.ask("userDataStream.unsubscribe", subscriptionId=0))["status"] == 200
    await client.order(newClientOrderId="unheard")
    await ws_session.signed(SUBSCRIBE)
    await client.order(newClientOrderId="heard")
    assert (await ws_session.event("executionReport"))["c"] == "heard"


@pytest.mark.parametrize(("number", "code"), [("9", -2036), ("nine", -1100)])
async def test_unsubscribing_an_unknown_subscription_is_refused(
    ws_session: Session, number: str, code: int
) -> None:
    answer = await ws_session.ask("userDataStream.unsubscribe", subscriptionId=number)
    assert answer["error"]["code"] == code


async def test_a_market_order_changes_the_balance_only_by_its_fills(
    client: Client, ws_session: Session
) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.order(type="MARKET", quantity="0.1")
    kinds = [(await ws_session.next_event())["e"] for _ in range(3)]
    assert kinds == ["executionReport", "executionReport", "outboundAccountPosition"]


async def test_a_revoked_key_ends_its_stream(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.control("POST", "revoke", key=client.key)
    assert (await ws_session.event("eventStreamTerminated"))["E"] > 0


async def test_a_muted_socket_answers_requests_only(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.control("POST", "faults", kind="mute_sockets", match={"key": client.key})
    await client.order(newClientOrderId="unheard")
    assert (await ws_session.ask("ping"))["status"] == 200
    await client.control("DELETE", "faults")
    await client.order(newClientOrderId="heard")
    assert (await ws_session.event("executionReport"))["c"] == "heard"


async def test_events_can_come_twice(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    await client.control("POST", "faults", kind="repeat_events", times=1)
    await client.order(newClientOrderId="mine")
    first = await ws_session.event("executionReport")
    assert await ws_session.event("executionReport") == first


async def test_an_operator_can_send_any_event(client: Client, ws_session: Session) -> None:
    await ws_session.signed(SUBSCRIBE)
    event = {"e": "executionReport", "X": "NEVER_SEEN_BEFORE"}
    answer = await client.control("POST", "say", key=client.key, event=event)
    assert answer.body["sockets"] == 1
    assert await ws_session.event("executionReport") == event


async def test_orders_over_the_socket(ws_session: Session) -> None:
    wish = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT_MAKER"}
    asked = {**wish, "quantity": "0.01", "price": "60000", "newClientOrderId": "mine"}
    placed = await ws_session.signed("order.place", **asked)
    assert placed["result"]["clientOrderId"] == "mine"
    name = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert (await ws_session.signed("order.status", **name))["result"]["status"] == "NEW"
    assert (await ws_session.signed("order.cancel", **name))["result"]["status"] == "CANCELED"


async def test_unknown_methods_and_broken_requests(client: Client, ws_session: Session) -> None:
    assert (await ws_session.ask("dance"))["status"] == 400
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        await socket.send_str("{")
        assert (await socket.receive_json(timeout=10))["error"]["code"] == -1135


async def test_a_dropped_socket_closes_without_a_frame(client: Client) -> None:
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        session = Session(client, socket)
        await session.signed(SUBSCRIBE)
        fault = {"kind": "drop_sockets", "match": {"key": client.key}}
        assert (await client.control("POST", "faults", **fault)).body["fault"]["sockets"] == 1
        message = await socket.receive(timeout=10)
        assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
