"""All sockets of one process: they hear of their users' events here, and are swept together.

One channel of the layer for the whole process, one group for each connected user. The layer's
queue has no bound, so nobody here waits for a socket: sockets are told, and wake up by themselves.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import redis
import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from realtime import standing, threads
from realtime.counts import counts
from realtime.frames import Close
from realtime.publish import group
from realtime.standing import Standing

log = structlog.get_logger(__name__)

JOIN_SECONDS = 2.0  # a layer that is away must not hold up who connects; the sweep joins later

DRAIN_SECONDS = 2.0


class Socket(Protocol):
    """What the hub knows of a socket. No call may wait."""

    user_id: int
    session_key: str | None

    def told(self, message: Mapping[str, Any]) -> None: ...

    def swept(self, now: Standing | None) -> None: ...

    def end(self, code: Close, message: str) -> None: ...


@dataclass(eq=False, slots=True)
class Member:
    """A user with at least one socket here, and how their group stands."""

    sockets: set[Socket] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    tried: bool = False
    joined: bool = False


class Hub:
    """Lives while there are sockets; the last one to leave switches it off for good."""

    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self._layer: Any = get_channel_layer()
        self._channel = f"fillwatch.hub.{uuid.uuid4().hex}"
        self._tasks: list[asyncio.Task[None]] = []
        self._receiving = self._blind = False
        self.stopped = asyncio.Event()

    def sockets(self) -> list[Socket]:
        return [socket for member in self.members.values() for socket in member.sockets]

    async def enter(self, socket: Socket) -> None:
        member = self.members.setdefault(socket.user_id, Member())
        member.sockets.add(socket)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._sweep())]
        if not self._receiving:
            await asyncio.sleep(0)  # the layer knows a channel only once somebody receives on it
            self._receiving = True
        await self._settle(socket.user_id, member)

    async def leave(self, socket: Socket) -> None:
        if member := self.members.get(socket.user_id):
            member.sockets.discard(socket)
            await self._settle(socket.user_id, member)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stopped.set()

    # Groups

    async def _settle(self, user_id: int, member: Member) -> None:
        """Be in the user's group if, and only if, a socket of theirs is here."""
        async with member.lock:
            if member.sockets and not member.joined:
                member.tried = True
                member.joined = await self._change(self._layer.group_add, user_id)
            elif not member.sockets and member.tried:
                member.tried = member.joined = False
                await self._change(self._layer.group_discard, user_id)
            if not member.sockets:
                self.members.pop(user_id, None)

    async def _change(self, change: Callable[[str, str], Awaitable[None]], user_id: int) -> bool:
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await change(group(user_id), self._channel)
        except (redis.RedisError, OSError, TimeoutError) as error:
            counts.join_failures += 1
            log.warning("the channel layer is away", user=user_id, error=str(error))
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
            if member := self.members.get(message.get("user")):
                for socket in tuple(member.sockets):
                    socket.told(message)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(settings.REALTIME["SWEEP_SECONDS"])
            try:
                await self._sweep_once()
            except DatabaseError as error:
                counts.sweep_failures += 1
                if not self._blind:
                    log.warning("the sweep cannot read the database", error=str(error))
                self._blind = True
            else:
                self._blind = False

    async def _sweep_once(self) -> None:
        """What a socket was not told it learns here: lost events, lost rights."""
        sockets = self.sockets()
        keys = {socket.session_key for socket in sockets if socket.session_key}
        found = await threads.run(standing.read, list(self.members), keys)
        for socket in sockets:
            socket.swept(found.get(socket.user_id))
        for user_id, member in list(self.members.items()):
            if not member.joined:
                await self._settle(user_id, member)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


async def enter(socket: Socket) -> None:
    """From here on the socket is told. Enter first, read the log afterwards."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    await _hubs[loop].enter(socket)


async def leave(socket: Socket) -> None:
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        return
    await hub.leave(socket)
    if not hub.members and _hubs.get(loop) is hub:
        del _hubs[loop]
        await hub.stop()


async def drain() -> None:
    """Send everybody of this loop elsewhere, each after a moment of their own; for a restart."""
    hub = _hubs.get(asyncio.get_running_loop())
    if hub is None:
        return
    for socket in hub.sockets():
        socket.end(Close.RESTART, "The server restarts.")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await hub.stopped.wait()


def connected() -> int:
    """How many signed-in sockets this process holds, in all its loops."""
    return sum(len(hub.sockets()) for hub in list(_hubs.values()))
