"""All sockets of one process: they hear what is told to their groups, and are swept together.

One channel of the layer for the whole process, one group for each connected user, for each
watched instrument, and one for the operators. The layer's
queue has no bound, so nobody here waits for a socket: sockets are told, and wake up by themselves.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import redis
import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from realtime import market, publish, standing, threads
from realtime.counts import counts
from realtime.frames import Close
from realtime.standing import Standing

log = structlog.get_logger(__name__)

JOIN_SECONDS = 2.0  # a layer that is away must not hold up who connects; the sweep joins later

DRAIN_SECONDS = 2.0


class Glance(NamedTuple):
    """One socket, for the figures: where it came in and when, and how its client keeps up."""

    door: str
    opened: float
    behind: int | None
    answer_seconds: float | None


class Socket(Protocol):
    """What the hub knows of a socket. No call may wait."""

    user_id: int  # 0 as long as nobody has signed in
    session_key: str | None
    sign_in: str | None

    @property
    def instruments(self) -> frozenset[str]: ...

    def told(self, message: Mapping[str, Any]) -> None: ...

    def swept(self, now: Standing | None) -> None: ...

    def end(self, code: Close, message: str) -> None: ...

    def glance(self) -> Glance: ...


@dataclass(eq=False, slots=True)
class Audience:
    """The sockets here that listen to one group of the layer, and how we stand with that group."""

    sockets: set[Socket] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    tried: bool = False
    joined: bool = False


class Hub:
    """Lives while there are sockets; the last one to leave switches it off for good."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.audiences: dict[str, Audience] = {}
        self._layer: Any = get_channel_layer()
        self._channel = f"fillwatch.hub.{uuid.uuid4().hex}"
        self._tasks: list[asyncio.Task[None]] = []
        self._receiving = self._blind = False
        self._want_at = 0.0
        self._stale: set[tuple[str, str]] = set()
        self.stopped = asyncio.Event()

    def open(self, socket: Socket) -> None:
        self.sockets.add(socket)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._sweep())]

    async def close(self, socket: Socket, groups: Iterable[str]) -> None:
        try:
            for group in groups:
                await self.leave(socket, group)
        finally:
            self.sockets.discard(socket)

    async def join(self, socket: Socket, group: str) -> None:
        audience = self.audiences.setdefault(group, Audience())
        audience.sockets.add(socket)
        if not self._receiving:
            await asyncio.sleep(0)  # the layer knows a channel only once somebody receives on it
            self._receiving = True
        await self._settle(group, audience)

    async def leave(self, socket: Socket, group: str) -> None:
        if audience := self.audiences.get(group):
            audience.sockets.discard(socket)
            await self._settle(group, audience)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stopped.set()

    # Groups

    async def _settle(self, group: str, audience: Audience) -> None:
        """Be in the group if, and only if, a socket here listens to it."""
        async with audience.lock:
            if audience.sockets and not audience.joined:
                audience.tried = True
                audience.joined = await self._change(self._layer.group_add, group)
            elif not audience.sockets and audience.tried:
                audience.tried = audience.joined = False
                await self._change(self._layer.group_discard, group)
            if not audience.sockets:
                self.audiences.pop(group, None)

    async def _change(self, change: Callable[[str, str], Awaitable[None]], group: str) -> bool:
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await change(group, self._channel)
        except (redis.RedisError, OSError, TimeoutError) as error:
            counts.join_failures += 1
            log.warning("the channel layer is away", group=group, error=str(error))
            return False
        return True

    # Telling

    async def _listen(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
            except (redis.RedisError, OSError):
                # Only the channel's own name could not be subscribed, and nobody sends to that.
                await asyncio.sleep(0.1)
                continue
            if audience := self.audiences.get(message.get("to")):
                for socket in tuple(audience.sockets):
                    socket.told(message)

    async def _sweep(self) -> None:
        while True:
            asked = time.monotonic() + settings.REALTIME["SWEEP_SECONDS"]
            await asyncio.sleep(settings.REALTIME["SWEEP_SECONDS"])
            began = time.monotonic()
            counts.loop_lag.add(max(0.0, began - asked))  # so busy is the loop
            try:
                await self._sweep_once()
                counts.sweep_seconds.add(time.monotonic() - began)
            except DatabaseError as error:
                counts.sweep_failures += 1
                if not self._blind:
                    log.warning("the sweep cannot read the database", error=str(error))
                self._blind = True
            else:
                self._blind = False

    async def _sweep_once(self) -> None:
        """What a socket was not told it learns here: lost events, lost rights."""
        sockets = [socket for socket in self.sockets if socket.user_id]
        users = {socket.user_id for socket in sockets}
        keys = {socket.session_key for socket in sockets if socket.session_key}
        sign_ins = {socket.sign_in for socket in sockets if socket.sign_in}
        found = await threads.run(standing.read, users, keys, sign_ins) if users else {}
        for socket in sockets:
            socket.swept(found.get(socket.user_id))
        for group, audience in list(self.audiences.items()):
            if not audience.joined:
                await self._settle(group, audience)
        await self._want()

    async def _want(self) -> None:
        """What is watched here is wanted for a while; say so again in time."""
        now = time.monotonic()
        if now < self._want_at:
            return
        self._want_at = now + market.WANTED_SECONDS / 3
        if watched := {name for socket in self.sockets for name in socket.instruments}:
            self._say_stale(await threads.run(market.keep_wanting, watched))

    def _say_stale(self, told: Iterable[market.Told]) -> None:
        """Once: no process follows these any more, so nobody else would say that they are old."""
        before, self._stale = self._stale, set()
        for kind, instrument, frame in told:
            self._stale.add((kind, instrument))
            audience = self.audiences.get(publish.group_of_instrument(instrument))
            if audience is None or (kind, instrument) in before:
                continue
            message = publish.market_message(kind, instrument, frame)
            for socket in tuple(audience.sockets):
                socket.told(message)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def open(socket: Socket) -> Hub:
    """From here on the socket is swept, and told when the server ends."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    _hubs[loop].open(socket)
    return _hubs[loop]


async def close(socket: Socket, groups: Iterable[str]) -> None:
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        return
    await hub.close(socket, groups)
    if not hub.sockets and _hubs.get(loop) is hub:
        del _hubs[loop]
        await hub.stop()


async def drain() -> None:
    """Send everybody of this loop elsewhere, each after a moment of their own; for a restart."""
    hub = _hubs.get(asyncio.get_running_loop())
    if hub is None:
        return
    for socket in tuple(hub.sockets):
        socket.end(Close.RESTART, "The server restarts.")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await hub.stopped.wait()


def hubs() -> list[Hub]:
    """Those of this process, one for each loop; to look at, from any thread."""
    return list(_hubs.values())


def connected() -> int:
    """How many sockets this process holds, in all its loops."""
    return sum(len(hub.sockets) for hub in hubs())
