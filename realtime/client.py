"""A stream's client in Python: connect, resume, prove that nothing is missing, never give up."""

import asyncio
import json
import random
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from realtime import control, frames
from realtime.frames import Position

Frame = dict[str, Any]
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
SILENCE_SECONDS = 35.0


class Stopped(Exception):
    """The server said that trying again is of no use."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


@dataclass
class Follower:
    """The client's half of the protocol without I/O: which frames count, and where we are.

    An event counts once and in order, or not at all.
    """

    position: Position | None = None
    topics: Collection[str] | None = None
    repeats: int = 0
    gaps: int = 0
    asked: bool = False

    def subscribe(self) -> str:
        self.asked = True
        topics = None if self.topics is None else sorted(self.topics)
        data = {"since": self.position, "topics": topics}
        return frames.dump({"type": "subscribe", "data": data})

    def pong(self) -> str:
        seq = self.position["seq"] if self.position else None
        return frames.dump({"type": "pong", "data": {"seq": seq}})

    def counts(self, frame: Frame) -> bool:
        """Whether an event is the next one; then the position moves on."""
        seq = frame["seq"]
        if self.position is None:
            return True  # before `live` has said where we are
        if seq <= self.position["seq"]:
            self.repeats += 1
            return False
        if self.topics is None and seq != self.position["seq"] + 1:
            self.gaps += 1
            return False
        self.position = Position(epoch=self.position["epoch"], seq=seq)
        return True

    def live(self, data: Position) -> None:
        self.asked = False
        self.position = Position(epoch=data["epoch"], seq=data["seq"])

    def is_behind(self, seq: int | None) -> bool:
        """Whether the server has sent more than we have; with chosen topics we take its word."""
        if self.position is None or seq is None or seq <= self.position["seq"]:
            return False
        if self.topics is None:
            return not self.asked
        self.position = Position(epoch=self.position["epoch"], seq=seq)
        return False


async def _from_the_head(data: Position) -> Position:
    return Position(epoch=data["epoch"], seq=data["seq"])


@dataclass
class Stream:
    """One user's events from wherever a server is. `token` is asked for whenever one is needed."""

    url: str
    token: Callable[[], Awaitable[str]]
    since: Position | None = None
    topics: Collection[str] | None = None
    # What `reset` asks for: read the state anew, and say which position it belongs to.
    snapshot: Callable[[Position], Awaitable[Position]] = _from_the_head
    on_state: Callable[[str, str], None] = lambda state, words: None
    first_delay: float = FIRST_DELAY
    follower: Follower = field(init=False)

    def __post_init__(self) -> None:
        self.follower = Follower(position=self.since, topics=self.topics)
        self._attempt = 0
        self._bye: control.ByeData | None = None
        self._subscribed = False
        self._silence = SILENCE_SECONDS

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Every event once and in order, and notes, live and reset as they come. For ever."""
        while True:
            self.on_state("connecting", self.url)
            try:
                async for frame in self._one_socket():
                    yield frame
            except ConnectionClosed as closed:
                self._obey(closed.rcvd.code if closed.rcvd else 1006)
            except InvalidStatus as refused:
                if refused.response.status_code in (401, 403, 404):
                    raise Stopped(refused.response.status_code, "The handshake failed") from None
            except (OSError, InvalidHandshake, TimeoutError):
                pass  # not there at the moment
            await self._pause()

    async def _one_socket(self) -> AsyncGenerator[Frame, None]:
        self._bye, self._subscribed = None, False
        bearer = urlsafe_b64encode((await self.token()).encode()).decode().rstrip("=")
        protocols: Any = [frames.PROTOCOL, f"bearer.{bearer}"]
        async with connect(
            self.url, subprotocols=protocols, compression=None, proxy=None, ping_interval=None
        ) as socket:
            while True:
                async with asyncio.timeout(self._silence):
                    frame: Frame = json.loads(await socket.recv())
                if await self._follow(socket, frame):
                    yield frame

    async def _follow(self, socket: ClientConnection, frame: Frame) -> bool:
        """Do what a frame asks for; says whether it is for the listener."""
        if "seq" in frame:
            return await self._event(socket, frame)
        data = frame["data"]
        match frame["type"]:
            case "hello":
                self._silence = data["silence_seconds"]
            case "ready" if not self._subscribed:  # later ones only confirm a new token
                self._subscribed = True
                await socket.send(self.follower.subscribe())
            case "live":
                self._live(data)
                return True
            case "reset":
                self.follower.position = await self.snapshot(data)
                await socket.send(self.follower.subscribe())
                return True
            case "ping":
                await self._ping(socket, data["seq"])
            case "auth_expiring":
                await self._renew(socket)
            case "bye":
                self._bye = data
            case "error" | "ready" | "pong":
                pass
            case _:
                return True  # a note
        return False

    def _live(self, data: Position) -> None:
        self.follower.live(data)
        self._attempt = 0
        self.on_state("live", f"at {data['seq']}")

    async def _event(self, socket: ClientConnection, frame: Frame) -> bool:
        gaps = self.follower.gaps
        if self.follower.counts(frame):
            return True
        if self.follower.gaps > gaps and not self.follower.asked:
            await socket.send(self.follower.subscribe())
        return False

    async def _ping(self, socket: ClientConnection, seq: int | None) -> None:
        if self.follower.is_behind(seq):
            self.follower.gaps += 1
            await socket.send(self.follower.subscribe())
        await socket.send(self.follower.pong())

    async def _renew(self, socket: ClientConnection) -> None:
        token = await self.token()
        await socket.send(frames.dump({"type": "auth", "data": {"token": token}}))

    # Between two sockets

    def _obey(self, code: int) -> None:
        """Close codes are instructions."""
        if 4500 <= code < 4600:
            raise Stopped(code, self._bye["message"] if self._bye else "The server refused us")
        if 4200 <= code < 4300:
            self.follower.position = None

    async def _pause(self) -> None:
        most = min(LONGEST_DELAY, self.first_delay * 2**self._attempt)
        self._attempt += 1
        delay = self._bye["delay"] if self._bye else random.uniform(0, most)  # noqa: S311
        self.on_state("waiting", f"reconnecting in {delay:.0f} s")
        await asyncio.sleep(delay)
