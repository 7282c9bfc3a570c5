"""Faults of socket events and of the sockets themselves."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.exchanges.simulator.client import Client

SUBSCRIBE = "userDataStream.subscribe.signature"


class EventSocket:
    """A socket that is subscribed to the account's events."""

    def __init__(self, client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.client, self.socket = client, socket

    async def subscribe(self) -> Any:
        params = {"apiKey": self.client.key, "timestamp": time.time_ns() // 1_000_000}
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        signed = {**params, "signature": self.client.sign(text)}
        await self.socket.send_json({"id": "s", "method": SUBSCRIBE, "params": signed})
        return await self.socket.receive_json(timeout=10)

    async def add_fault(self, kind: str, **fields: Any) -> int:
        answer = await self.client.control("POST", "faults", kind=kind, **fields)
        return int(answer.body["fault"]["id"])

    async def clear_faults(self) -> None:
        await self.client.control("DELETE", "faults")

    async def list_orders(self) -> list[str]:
        """Return the client ids of the order events so far; a ping's answer marks the end."""
        await self.socket.send_json({"id": "end", "method": "ping"})
        names = []
        while (frame := await self.socket.receive_json(timeout=10)).get("id") != "end":
            if frame["event"]["e"] == "executionReport":
                names.append(frame["event"]["c"])
        return names


@pytest.fixture
async def events(client: Client) -> AsyncIterator[EventSocket]:
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        events = EventSocket(client, socket)
        assert (await events.subscribe())["status"] == 200
        yield events


async def place_orders(
    client: Client, *names: str, symbol: str = "BTCUSDT", price: str = "60000"
) -> None:
    for name in names:
        placed = await client.order(newClientOrderId=name, symbol=symbol, price=price)
        assert placed.status == 200


async def test_one_event_is_lost_and_the_others_come(client: Client, events: EventSocket) -> None:
    await events.add_fault("mute_sockets", match={"order": "lost"}, times=1)
    await place_orders(client, "first", "lost", "last")
    assert await events.list_orders() == ["first", "last"]


async def test_a_venue_can_be_mute_for_a_symbol(client: Client, events: EventSocket) -> None:
    await events.add_fault("mute_sockets", match={"venue": "binance", "symbol": "ETH/USDT"})
    await place_orders(client, "heard")
    await place_orders(client, "unheard", symbol="ETHUSDT", price="3000")
    assert await events.list_orders() == ["heard"]


async def test_a_fault_of_another_venue_does_not_apply(client: Client, events: EventSocket) -> None:
    await events.add_fault("mute_sockets", match={"venue": "bybit"})
    await place_orders(client, "heard")
    assert await events.list_orders() == ["heard"]


async def test_an_event_comes_twice(client: Client, events: EventSocket) -> None:
    await events.add_fault("repeat_events", match={"order": "twice"})
    await place_orders(client, "twice", "once")
    assert await events.list_orders() == ["twice", "twice", "once"]


async def test_an_event_is_overtaken(client: Client, events: EventSocket) -> None:
    await events.add_fault("delay_events", latency_ms=60_000, match={"order": "late"})
    await place_orders(client, "late", "early")
    assert await events.list_orders() == ["early"]


async def test_an_event_comes_late(client: Client, events: EventSocket) -> None:
    await events.add_fault("delay_events", latency_ms=10)
    await place_orders(client, "late")
    frame = await events.socket.receive_json(timeout=10)
    assert frame["event"]["c"] == "late"


async def test_events_come_in_reverse(client: Client, events: EventSocket) -> None:
    await events.add_fault("reorder_events", count=3, times=1)
    await place_orders(client, "a", "b", "c", "d")
    assert await events.list_orders() == ["c", "b", "a", "d"]


async def test_held_events_come_when_the_fault_has_ended(
    client: Client, events: EventSocket
) -> None:
    await events.add_fault("reorder_events", count=3)
    await place_orders(client, "a", "b")
    assert await events.list_orders() == []
    await events.clear_faults()
    await place_orders(client, "c")
    assert await events.list_orders() == ["b", "a", "c"]


async def test_an_event_with_an_unknown_status(client: Client, events: EventSocket) -> None:
    await events.add_fault("unknown_status", match={"path": "/ws-api/v3"}, value="MOON")
    assert (await client.order()).body["status"] == "NEW"
    assert (await events.socket.receive_json(timeout=10))["event"]["X"] == "MOON"


async def test_an_event_with_an_unlisted_instrument(client: Client, events: EventSocket) -> None:
    await events.add_fault("unlisted", match={"path": "/ws-api/v3"}, value="MOONUSDT")
    await place_orders(client, "mine")
    unlisted = (await events.socket.receive_json(timeout=10))["event"]
    assert (unlisted["s"], unlisted["c"]) == ("MOONUSDT", "xmine")
    assert await events.list_orders() == ["mine"]


async def test_a_half_open_socket_sends_nothing_and_stays(
    client: Client, events: EventSocket
) -> None:
    await events.add_fault("half_open_sockets")
    await place_orders(client, "unheard")
    await events.socket.ping()
    await events.socket.send_json({"id": "?", "method": "ping"})
    with pytest.raises(TimeoutError):
        await events.socket.receive(timeout=0.3)
    assert not events.socket.closed
    await events.clear_faults()
    assert (await events.socket.receive_json(timeout=10))["event"]["c"] == "unheard"


async def test_a_mute_socket_answers_and_sends_no_events(
    client: Client, events: EventSocket
) -> None:
    await events.add_fault("mute_sockets", match={"key": client.key})
    await place_orders(client, "unheard")
    assert await events.list_orders() == []


@pytest.mark.parametrize(("latency", "in_time"), [(60_000, False), (10, True)])
async def test_every_message_comes_later(events: EventSocket, latency: int, in_time: bool) -> None:
    await events.add_fault("latency_sockets", latency_ms=latency)
    await events.socket.send_json({"id": "?", "method": "ping"})
    if in_time:
        assert (await events.socket.receive_json(timeout=10))["id"] == "?"
    else:
        with pytest.raises(TimeoutError):
            await events.socket.receive(timeout=0.1)


async def test_events_are_lost_after_the_first(client: Client, events: EventSocket) -> None:
    await events.add_fault("mute_sockets", skip=1, match={"order": "mine"})
    await place_orders(client, "mine")
    await client.control("POST", "cancel", clientOrderId="mine")
    assert await events.list_orders() == ["mine"]


@pytest.mark.parametrize("backwards", [False, True])
async def test_events_are_replayed(client: Client, events: EventSocket, backwards: bool) -> None:
    await place_orders(client, "a", "b")
    names = await events.list_orders()
    count = 2 * len(names)  # each order event comes with a balance event
    await client.control("POST", "replay", key=client.key, count=count, backwards=backwards)
    assert await events.list_orders() == (names[::-1] if backwards else names)


async def test_an_error_that_answers_nothing(client: Client, events: EventSocket) -> None:
    await events.add_fault("error_frame", code=-1008, message="Server is busy.")
    assert await events.socket.receive_json(timeout=10) == {
        "id": None,
        "status": 400,
        "error": {"code": -1008, "msg": "Server is busy."},
    }


@pytest.mark.parametrize("kind", ["revoked_key", "restricted_ip"])
async def test_a_key_is_refused_at_login(client: Client, kind: str) -> None:
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        events = EventSocket(client, socket)
        await events.add_fault(kind, match={"key": client.key})
        assert (await events.subscribe())["error"]["code"] == -2015


async def test_a_dropped_key_cannot_log_in_until_the_fault_ends(
    client: Client, events: EventSocket
) -> None:
    await events.add_fault("drop_sockets", match={"key": client.key}, seconds=60)
    assert (await events.socket.receive()).type in (
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    )
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        with pytest.raises((TypeError, aiohttp.ClientError)):
            await EventSocket(client, socket).subscribe()


async def test_bybit_has_its_own_error_frame(client: Client) -> None:
    async with client.session.ws_connect(client.base + "/v5/private") as socket:
        await client.control("POST", "faults", kind="error_frame", match={"venue": "bybit"})
        frame = await socket.receive_json(timeout=10)
        assert (frame["success"], frame["req_id"]) == (False, "")
