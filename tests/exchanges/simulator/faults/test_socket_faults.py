"""What can become of events on their way, and of the sockets that carry them."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.exchanges.simulator.client import Client

SUBSCRIBE = "userDataStream.subscribe.signature"


class Ears:
    """A subscribed socket; everything it is told is kept in order."""

    def __init__(self, client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.client, self.socket = client, socket

    async def subscribe(self) -> Any:
        asked = {"apiKey": self.client.key, "timestamp": time.time_ns() // 1_000_000}
        text = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
        signed = {**asked, "signature": self.client.sign(text)}
        await self.socket.send_json({"id": "s", "method": SUBSCRIBE, "params": signed})
        return await self.socket.receive_json(timeout=10)

    async def fault(self, kind: str, **more: Any) -> int:
        answer = await self.client.control("POST", "faults", kind=kind, **more)
        return int(answer.body["fault"]["id"])

    async def mend(self) -> None:
        await self.client.control("DELETE", "faults")

    async def told(self) -> list[str]:
        """The orders that were told of, up to now: an answer is the end of it."""
        await self.socket.send_json({"id": "end", "method": "ping"})
        names = []
        while (frame := await self.socket.receive_json(timeout=10)).get("id") != "end":
            if frame["event"]["e"] == "executionReport":
                names.append(frame["event"]["c"])
        return names


@pytest.fixture
async def ears(client: Client) -> AsyncIterator[Ears]:
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        ears = Ears(client, socket)
        assert (await ears.subscribe())["status"] == 200
        yield ears


async def place(client: Client, *names: str, symbol: str = "BTCUSDT", price: str = "60000") -> None:
    for name in names:
        placed = await client.order(newClientOrderId=name, symbol=symbol, price=price)
        assert placed.status == 200


async def test_one_event_is_lost_and_the_others_come(client: Client, ears: Ears) -> None:
    await ears.fault("mute_sockets", match={"order": "lost"}, times=1)
    await place(client, "first", "lost", "last")
    assert await ears.told() == ["first", "last"]


async def test_a_venue_can_be_mute_for_a_symbol(client: Client, ears: Ears) -> None:
    await ears.fault("mute_sockets", match={"venue": "binance", "symbol": "ETH/USDT"})
    await place(client, "heard")
    await place(client, "unheard", symbol="ETHUSDT", price="3000")
    assert await ears.told() == ["heard"]


async def test_another_venues_fault_is_none_here(client: Client, ears: Ears) -> None:
    await ears.fault("mute_sockets", match={"venue": "bybit"})
    await place(client, "heard")
    assert await ears.told() == ["heard"]


async def test_an_event_comes_twice(client: Client, ears: Ears) -> None:
    await ears.fault("repeat_events", match={"order": "twice"})
    await place(client, "twice", "once")
    assert await ears.told() == ["twice", "twice", "once"]


async def test_an_event_is_overtaken(client: Client, ears: Ears) -> None:
    await ears.fault("delay_events", latency_ms=60_000, match={"order": "late"})
    await place(client, "late", "early")
    assert await ears.told() == ["early"]


async def test_an_event_comes_late(client: Client, ears: Ears) -> None:
    await ears.fault("delay_events", latency_ms=10)
    await place(client, "late")
    frame = await ears.socket.receive_json(timeout=10)
    assert frame["event"]["c"] == "late"


async def test_events_come_in_reverse(client: Client, ears: Ears) -> None:
    await ears.fault("reorder_events", count=3, times=1)
    await place(client, "a", "b", "c", "d")
    assert await ears.told() == ["c", "b", "a", "d"]


async def test_what_was_kept_back_comes_when_the_fault_has_ended(
    client: Client, ears: Ears
) -> None:
    await ears.fault("reorder_events", count=3)
    await place(client, "a", "b")
    assert await ears.told() == []
    await ears.mend()
    await place(client, "c")
    assert await ears.told() == ["b", "a", "c"]


async def test_a_status_nobody_has_heard_of(client: Client, ears: Ears) -> None:
    await ears.fault("unknown_status", match={"path": "/ws-api/v3"}, value="MOON")
    assert (await client.order()).body["status"] == "NEW"
    assert (await ears.socket.receive_json(timeout=10))["event"]["X"] == "MOON"


async def test_an_instrument_that_no_list_has(client: Client, ears: Ears) -> None:
    await ears.fault("unlisted", match={"path": "/ws-api/v3"}, value="MOONUSDT")
    await place(client, "mine")
    stranger = (await ears.socket.receive_json(timeout=10))["event"]
    assert (stranger["s"], stranger["c"]) == ("MOONUSDT", "xmine")
    assert await ears.told() == ["mine"]


async def test_half_open_says_nothing_and_stays(client: Client, ears: Ears) -> None:
    await ears.fault("half_open_sockets")
    await place(client, "unheard")
    await ears.socket.ping()
    await ears.socket.send_json({"id": "?", "method": "ping"})
    with pytest.raises(TimeoutError):
        await ears.socket.receive(timeout=0.3)
    assert not ears.socket.closed
    await ears.mend()
    assert (await ears.socket.receive_json(timeout=10))["event"]["c"] == "unheard"


async def test_a_zombie_answers_and_tells_nothing(client: Client, ears: Ears) -> None:
    await ears.fault("mute_sockets", match={"key": client.key})
    await place(client, "unheard")
    assert await ears.told() == []


@pytest.mark.parametrize(("latency", "in_time"), [(60_000, False), (10, True)])
async def test_everything_said_comes_later(ears: Ears, latency: int, in_time: bool) -> None:
    await ears.fault("latency_sockets", latency_ms=latency)
    await ears.socket.send_json({"id": "?", "method": "ping"})
    if in_time:
        assert (await ears.socket.receive_json(timeout=10))["id"] == "?"
    else:
        with pytest.raises(TimeoutError):
            await ears.socket.receive(timeout=0.1)


async def test_events_are_lost_after_the_first(client: Client, ears: Ears) -> None:
    await ears.fault("mute_sockets", skip=1, match={"order": "mine"})
    await place(client, "mine")
    await client.control("POST", "cancel", clientOrderId="mine")
    assert await ears.told() == ["mine"]


@pytest.mark.parametrize("backwards", [False, True])
async def test_what_was_told_is_told_again(client: Client, ears: Ears, backwards: bool) -> None:
    await place(client, "a", "b")
    heard = await ears.told()
    count = 2 * len(heard)  # each with a word on the balance
    await client.control("POST", "replay", key=client.key, count=count, backwards=backwards)
    assert await ears.told() == (heard[::-1] if backwards else heard)


async def test_an_error_that_answers_nothing(client: Client, ears: Ears) -> None:
    await ears.fault("error_frame", code=-1008, message="Server is busy.")
    assert await ears.socket.receive_json(timeout=10) == {
        "id": None,
        "status": 400,
        "error": {"code": -1008, "msg": "Server is busy."},
    }


@pytest.mark.parametrize("kind", ["revoked_key", "restricted_ip"])
async def test_a_key_is_refused_at_login(client: Client, kind: str) -> None:
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        ears = Ears(client, socket)
        await ears.fault(kind, match={"key": client.key})
        assert (await ears.subscribe())["error"]["code"] == -2015


async def test_a_dropped_key_cannot_come_back_until_the_end(client: Client, ears: Ears) -> None:
    await ears.fault("drop_sockets", match={"key": client.key}, seconds=60)
    assert (await ears.socket.receive()).type in (
        aiohttp.WSMsgType.CLOSED,
        aiohttp.WSMsgType.ERROR,
    )
    async with client.session.ws_connect(client.base + "/ws-api/v3") as socket:
        with pytest.raises((TypeError, aiohttp.ClientError)):
            await Ears(client, socket).subscribe()


async def test_bybit_complains_in_its_own_way(client: Client) -> None:
    async with client.session.ws_connect(client.base + "/v5/private") as socket:
        await client.control("POST", "faults", kind="error_frame", match={"venue": "bybit"})
        frame = await socket.receive_json(timeout=10)
        assert (frame["success"], frame["req_id"]) == (False, "")
