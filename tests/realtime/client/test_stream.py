"""The Python client: nothing twice, nothing missing, and never giving up without being told to."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from exchanges.models import Symbol
from realtime import prices, redis
from realtime.client.snapshot import read_snapshot
from realtime.client.stream import Frame, StreamClient, StreamStopped
from realtime.socket import hub
from realtime.streams import fetch_head
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import token, web_thread, write
from tests.realtime.test_prices import BTC, price
from tests.services import wait_until
from users.models import User


class Listening:
    """A stream's client in a thread, and what it heard."""

    def __init__(self, user: User, socket_url: str, **options: Any) -> None:
        self.heard: list[Frame] = []
        self.states: list[str] = []
        self.error: Exception | None = None
        self._token = token(user)
        self.asked = 0
        self._watched: str = options.pop("watched", "")

        async def same_token() -> str:
            self.asked += 1
            return self._token

        self.stream = StreamClient(
            socket_url,
            **{"token": same_token} | options,
            on_state=lambda state, message: self.states.append(state),
            first_delay=0.05,
        )
        self._thread = threading.Thread(target=self._run)
        self._detached = False

    def _run(self) -> None:
        try:
            asyncio.run(self._listen())
        except StreamStopped as error:
            self.error = error

    async def _listen(self) -> None:
        if self._watched:
            await self.stream.watch(self._watched, interval_ms=100)
        async with aclosing(self.stream.frames()) as frames:
            async for frame in frames:
                self.heard.append(frame)
                if frame["type"] == "price_update" or frame["data"].get("label") == "the end":
                    return

    @property
    def numbers(self) -> list[int]:
        return [frame["seq"] for frame in self.heard if "seq" in frame]

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.heard]

    def __enter__(self) -> "Listening":
        self._thread.start()
        wait_until(lambda: self.error or "live" in self.states, what="live")
        return self

    def __exit__(self, *error: object) -> None:
        if self._detached:
            return
        self._thread.join(20)
        assert not self._thread.is_alive()

    def detach(self) -> None:
        """Go on listening after the block."""
        self._detached = True

    @contextmanager
    def again(self) -> Iterator[None]:
        self._detached = False
        yield
        self.__exit__()


def test_it_follows(socket_url: str, user: User) -> None:
    with Listening(user, socket_url) as listening:
        write(user, 1, 2, 3)
        write(user, 4, label="the end")
    assert listening.numbers == [1, 2, 3, 4]


def test_it_outlives_servers(transactional_db: None, user: User) -> None:
    with web_thread() as socket_url, Listening(user, socket_url) as listening:
        write(user, 1)
        wait_until(lambda: listening.numbers == [1])
        listening.detach()
    write(user, 2)
    with web_thread(urlsplit(socket_url).port or 0), listening.again():
        wait_until(lambda: listening.states.count("live") == 2, what="live again")
        write(user, 3, label="the end")
    assert listening.numbers == [1, 2, 3]
    assert "waiting" in listening.states


def test_after_a_reset_it_reads_the_snapshot(socket_url: str, user: User) -> None:
    write(user, 1, 2)
    asked: list[Any] = []

    async def snapshot(head: Any) -> Any:
        asked.append(head)
        return {"epoch": head["epoch"], "seq": 1}

    stale: Any = {"epoch": "of yesterday", "seq": 9}
    with Listening(user, socket_url, since=stale, snapshot=snapshot) as listening:
        write(user, 3, label="the end")
    assert listening.types()[0] == "reset"
    assert listening.numbers == [2, 3]
    assert asked[0]["reason"] == "epoch"


def test_it_stops_when_told_to(socket_url: str, user: User) -> None:
    listening = Listening(user, socket_url)
    listening._token = "garbage"
    with listening:
        pass
    assert isinstance(listening.error, StreamStopped)
    assert listening.error.code == 4500


def test_its_answer_to_the_heartbeat_says_how_far_it_is(
    times: Callable[..., None], socket_url: str, user: User
) -> None:
    times(HEARTBEAT_SECONDS=0.1)
    with Listening(user, socket_url) as listening:
        write(user, 1)
        wait_until(lambda: _answers() == [1], what="the server knows how far the client is")
        write(user, 2, label="the end")
    assert listening.numbers == [1, 2]


def _answers() -> list[int | None]:
    sockets: list[Any] = [socket for each in hub._hubs.values() for socket in each.sockets]
    return [socket.conversation.client_seq for socket in sockets]


def test_a_position_to_begin_with(live: Connect, socket_url: str, user: User) -> None:
    write(user, 1, 2)
    since: Any = {"epoch": fetch_head(user.pk).epoch, "seq": 1}
    with Listening(user, socket_url, since=since) as listening:
        write(user, 3, label="the end")
    assert listening.numbers == [2, 3]


def test_a_token_is_replaced_on_the_same_socket(socket_url: str, user: User) -> None:
    listening = Listening(user, socket_url)
    listening._token = token(user, exp=int(time.time()) + 61)  # a minute before it is warned
    with listening:
        listening._token = token(user)
        wait_until(lambda: listening.asked == 2, what="another token was asked for")
        write(user, 1, label="the end")
    assert (listening.numbers, listening.stream.connects) == ([1], 1)


def test_silence_ends_a_socket(socket_url: str, user: User, times: Callable[..., None]) -> None:
    times(HEARTBEAT_SECONDS=60.0, SILENCE_SECONDS=0.3)
    with Listening(user, socket_url) as listening:
        wait_until(lambda: listening.states.count("live") > 1, what="live again")
        times(SILENCE_SECONDS=30.0)
        write(user, 1, label="the end")
    assert listening.numbers == [1]


def test_the_endpoint_of_what_trades_hears_nothing_else(socket_url: str, user: User) -> None:
    with Listening(user, f"{socket_url}trading/") as listening:
        write(user, 1, label="the end")
    assert listening.numbers == [1]


@pytest.fixture
def btc(transactional_db: None) -> str:
    """It trades here, and a process follows it."""
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity", "min_cost"), 1)
    names = {"name": "BTC/USDT", "base": "BTC", "quote": "USDT", "read_at": timezone.now()}
    Symbol.objects.create(venue="binance", market="spot", is_paper=True, **names, **steps)
    redis.redis_client().set(prices.FOLLOWED + "binance.spot.paper", "a process")
    return BTC


def test_prices_come_without_signing_in(socket_url: str, user: User, btc: str) -> None:
    with Listening(user, f"{socket_url}market/", token=None, watched=btc) as listening:
        prices.publish_changes([("price_update", price(btc, 60_000))])
        wait_until(lambda: "price_update" in listening.types(), what="the price")
    newest = listening.stream.newest("price_update", btc)
    assert newest is not None
    assert newest["last"] == "60000"


def test_it_does_not_give_up_after_hours_of_attempts() -> None:
    stream = StreamClient("ws://127.0.0.1:1/ws/", first_delay=0)
    stream._attempt = 5_000
    asyncio.run(stream._wait_to_retry())
    assert stream.state == "waiting"


def test_a_snapshot_that_breaks_off_is_read_later() -> None:
    """The server was killed amid its answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_half() -> None:
            accepted, _ = server.accept()
            with accepted:
                accepted.recv(65_536)
                accepted.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"orders": [')

        answering = threading.Thread(target=answer_half)
        answering.start()
        port = server.getsockname()[1]
        with pytest.raises(OSError, match="broke off"):
            asyncio.run(read_snapshot(f"ws://127.0.0.1:{port}/ws/", "a token"))
        answering.join()
