"""A stream's client in Python: connect, resume, prove that nothing is missing, never give up.

    stream = Stream("wss://fillwatch.example.org/ws/", token, since=position)
    async with aclosing(stream.frames()) as frames:
        async for frame in frames:
            ...

Every event comes once and in order; `state` says how the connection is. See docs/clients.md.
"""

import asyncio
import json
import random
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from realtime import frames, watchlist
from realtime.client.state import ClientState, WatchedSet, WatchedSets, get_endpoint_name
from realtime.endpoints import ENDPOINTS
from realtime.frames import MarketType, Offset
from realtime.socket import control_frames

Frame = dict[str, Any]
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
MOST_DOUBLINGS = 10  # a power of hours of attempts would be too large for a float
SILENCE_SECONDS = 35.0
TOKEN_SECONDS = 1.0  # before a token that could not be had is asked for again
PRICES: Collection[str] = frozenset({"prices"})


class StreamStopped(Exception):
    """The server said that trying again is of no use."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


def socket_address(pages: str, path: str) -> str:
    """Return a socket's address, beside the pages: https becomes wss."""
    return pages.rstrip("/").replace("http", "ws", 1) + path


async def _start_at_head(data: Offset) -> Offset:
    return Offset(epoch=data["epoch"], seq=data["seq"])


@dataclass
class StreamClient:
    """One user's events from wherever a server is.

    `token` is asked whenever one is needed: for each connection, and before the last one ends. If
    it raises OSError the stream comes back later. Only the market's endpoint needs none. `snapshot`
    is what `reset` asks for: read the state anew, and say which position it belongs to; with
    `begins_anew` it is asked for at first as well, if there is no `since`.
    """

    url: str
    token: Callable[[], Awaitable[str]] | None = None
    since: Offset | None = None
    topics: Collection[str] | None = None
    snapshot: Callable[[Offset], Awaitable[Offset]] = _start_at_head
    on_state: Callable[[str, str], None] = lambda state, message: None
    first_delay: float = FIRST_DELAY
    begins_anew: bool = False
    follower: ClientState = field(init=False)
    state: str = field(init=False, default="new")  # connecting, live, waiting
    connects: int = field(init=False, default=0)
    # In seconds of the clock:
    heard_at: float | None = field(init=False, default=None)
    retry_at: float = field(init=False, default=0.0)  # while waiting

    def __post_init__(self) -> None:
        endpoint = get_endpoint_name(self.url)
        self.follower = ClientState(position=self.since, topics=self.topics, endpoint=endpoint)
        self._endpoint, self._watched_sets = ENDPOINTS[endpoint], WatchedSets()
        self._attempt = 0
        self._bye: control_frames.ByeData | None = None
        self._subscribed = False
        self._silence = SILENCE_SECONDS
        self._socket: ClientConnection | None = None  # while it takes requests
        self._renewal: asyncio.Task[None] | None = None

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Every event once and in order, and notes, prices, live and reset as they come."""
        while True:
            self._set_state("connecting", self.url)
            try:
                async for frame in self._read_socket():
                    yield frame
            except ConnectionClosed as closed:
                self._follow_close_code(closed.rcvd.code if closed.rcvd else 1006)
            except InvalidStatus as refused:
                code = refused.response.status_code
                if code in (401, 403, 404):
                    raise StreamStopped(code, "The handshake failed") from None
            except (OSError, InvalidHandshake, TimeoutError, json.JSONDecodeError):
                pass  # not there at the moment, or speaks something else
            await self._wait_to_retry()

    # The markets

    async def watch(
        self,
        *instruments: str,
        topics: Collection[str] = PRICES,
        interval_ms: int = watchlist.USUAL_MS,
    ) -> Callable[[], Awaitable[None]]:
        """Watch instruments: their frames come among the others. Await the result to end it."""
        watched = WatchedSet(frozenset(instruments), frozenset(topics), interval_ms)
        self._watched_sets.add(watched)
        await self._send_watch()

        async def end() -> None:
            self._watched_sets.remove(watched)
            await self._send_watch()

        return end

    def newest(self, kind: MarketType, instrument: str) -> dict[str, Any] | None:
        """Return the newest frame of a watched instrument."""
        return self._watched_sets.newest.get((kind, instrument))

    async def _send_watch(self) -> None:
        if self._socket is not None:
            with suppress(ConnectionClosed):  # the next one hears them all
                await self._socket.send(self._watched_sets.build_frame())

    async def _start_watching(self, socket: ClientConnection) -> None:
        self._socket = socket
        if self._watched_sets.build_frame() != WatchedSets().build_frame():
            await self._send_watch()

    # One socket

    async def _read_socket(self) -> AsyncGenerator[Frame, None]:
        self._bye, self._subscribed = None, False
        async with connect(
            self.url,
            subprotocols=await self._build_protocols(),
            compression=None,
            proxy=None,
            ping_interval=None,
        ) as socket:
            self.connects += 1
            try:
                while True:
                    async with asyncio.timeout(self._silence):
                        frame: Frame = json.loads(await socket.recv())
                    self.heard_at = time.time()
                    if await self._handle_frame(socket, frame):
                        yield frame
            finally:
                self._socket = None
                await self._cancel_renewal()

    async def _build_protocols(self) -> Any:
        if self.token is None:
            return [frames.PROTOCOL]
        bearer = urlsafe_b64encode((await self.token()).encode()).decode().rstrip("=")
        return [frames.PROTOCOL, f"bearer.{bearer}"]

    async def _handle_frame(self, socket: ClientConnection, frame: Frame) -> bool:
        """Handle a frame; return if the caller should see it."""
        if "seq" in frame:
            return await self._handle_event(socket, frame)
        kind, data = frame["type"], frame["data"]
        if kind in frames.MARKET:
            self._watched_sets.keep_newest(kind, data)
        match kind:
            case "hello":
                await self._handle_hello(socket, data)
            case "ready":
                await self._handle_ready(socket, data)
            case "live":
                self.follower.live(data)
                self._note_success(f"at {data['seq']}")
                return True
            case "reset":
                self.follower.position = await self.snapshot(data)
                await socket.send(self.follower.build_subscribe())
                return True
            case "ping":
                await self._answer_ping(socket, data["seq"])
            case "auth_expiring":
                await self._renew_token(socket)
            case "bye":
                self._bye = data
            case _:
                return kind not in control_frames.SERVER
        return False

    async def _handle_hello(self, socket: ClientConnection, data: control_frames.HelloData) -> None:
        self._silence = data["silence_seconds"]
        self._watched_sets.most = data["limits"]["instruments"]
        if not self._endpoint.needs_login:
            self._note_success("prices")
            await self._start_watching(socket)

    async def _handle_ready(self, socket: ClientConnection, data: control_frames.ReadyData) -> None:
        if self._subscribed or not self._endpoint.streamed:
            return  # only a new token
        self._subscribed = True
        if self.begins_anew and self.follower.position is None:
            head = Offset(epoch=data["epoch"], seq=data["seq"])
            self.follower.position = await self.snapshot(head)
        await socket.send(self.follower.build_subscribe())
        await self._start_watching(socket)

    async def _handle_event(self, socket: ClientConnection, frame: Frame) -> bool:
        gaps = self.follower.gaps
        if self.follower.accept_event(frame):
            return True
        if self.follower.gaps > gaps and not self.follower.asked:
            await socket.send(self.follower.build_subscribe())
        return False

    async def _answer_ping(self, socket: ClientConnection, seq: int | None) -> None:
        if self.follower.is_behind(seq):
            self.follower.gaps += 1
            await socket.send(self.follower.build_subscribe())
        await socket.send(self.follower.build_pong())

    async def _renew_token(self, socket: ClientConnection) -> None:
        """Renew the token in a task of its own: a slow one must not hold up frames."""
        await self._cancel_renewal()
        self._renewal = asyncio.create_task(self._send_token(socket))

    async def _send_token(self, socket: ClientConnection) -> None:
        while self.token is not None:
            try:
                token = await self.token()
            except OSError:
                await asyncio.sleep(TOKEN_SECONDS)  # the old one is good for a while yet
                continue
            with suppress(ConnectionClosed):  # the next one asks anew
                await socket.send(frames.dump_json({"type": "auth", "data": {"token": token}}))
            return

    async def _cancel_renewal(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
            self._renewal = None

    # Between two sockets

    def _follow_close_code(self, code: int) -> None:
        """Close codes are instructions."""
        reason = self._bye["message"] if self._bye else ""
        if 4500 <= code < 4600:
            raise StreamStopped(code, reason or "The server refused us")
        if 4100 <= code < 4200 and self.token is None:
            raise StreamStopped(code, reason or "Nobody has signed in")
        if 4200 <= code < 4300:
            self.follower.position = None

    async def _wait_to_retry(self) -> None:
        """Wait a random time with a growing limit, so that not all clients come back at once."""
        most = min(LONGEST_DELAY, self.first_delay * 2 ** min(self._attempt, MOST_DOUBLINGS))
        self._attempt += 1
        requested = self._bye["delay"] if self._bye else 0.0
        delay = max(requested, random.uniform(0, most))  # noqa: S311
        self.retry_at = time.time() + delay
        self._set_state("waiting", f"reconnecting in {delay:.0f} s")
        await asyncio.sleep(delay)

    def _note_success(self, message: str) -> None:
        self._attempt = 0
        self._set_state("live", message)

    def _set_state(self, state: str, message: str) -> None:
        self.state = state
        self.on_state(state, message)
