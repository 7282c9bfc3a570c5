"""All sockets of one process: they hear what is told to their groups, and are swept together.

One group for each connected user, for each watched instrument, and one for the operators. Nobody
here waits for a socket: sockets are told, and wake up by themselves.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import structlog
from django.conf import settings
from django.db import Error as DatabaseError

from realtime import prices, publish
from realtime.counters import counts
from realtime.frames import Close
from realtime.socket import authentication, authorization, log_reads, threads
from realtime.socket.authorization import Standing
from realtime.socket.cursor import Told
from realtime.socket.groups import Groups
from realtime.socket.threads import Together
from realtime.socket.timers import Clock

log = structlog.get_logger(__name__)

AT_ONCE = 1_000  # sockets swept with one query
IN_A_ROW = 200  # of them compared before others have their turn
DRAIN_SECONDS = 2.0
SPREAD_SECONDS = 2.0  # over which those sent away come back, or as many as
RETURNS_PER_SECOND = 1_000  # a server takes in while it does its other work


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

    def end(self, code: Close, message: str, *, delay: float | None = None) -> None: ...

    def glance(self) -> Glance: ...


class Hub:
    """Lives while there are sockets; the last one to leave switches it off for good."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.audiences: dict[str, set[Socket]] = {}  # who listens here to a group
        self.groups = Groups(self._hear)
        self.clock = Clock()
        self.tokens = Together(authentication.by_tokens)
        self.pages = Together(log_reads.read)
        self._tasks: list[asyncio.Task[None]] = []
        self._blind = False
        self._want_at = 0.0
        self._stale: set[tuple[str, str]] = set()
        self.stopped = asyncio.Event()

    def open(self, socket: Socket) -> None:
        self.sockets.add(socket)
        if not self._tasks:
            self._tasks = [asyncio.create_task(do()) for do in (self.groups.listen, self._sweep)]

    def close(self, socket: Socket, groups: Iterable[str]) -> None:
        for group in groups:
            self.leave(socket, group)
        self.sockets.discard(socket)

    async def join(self, socket: Socket, *groups: str) -> None:
        """When this returns, whatever the groups are told is told to the socket."""
        for group in groups:
            if group not in self.audiences:
                self.audiences[group] = set()
                self.groups.want(group)
            self.audiences[group].add(socket)
        for group in groups:
            await self.groups.joined(group)

    def leave(self, socket: Socket, group: str) -> None:
        audience = self.audiences.get(group, set())
        audience.discard(socket)
        if not audience and self.audiences.pop(group, None) is not None:
            self.groups.drop(group)

    async def stop(self) -> None:
        self.clock.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stopped.set()

    # Telling

    def _hear(self, group: str, packed: bytes) -> None:
        if group not in self.audiences:
            return
        message = publish.decode(packed)
        if message["type"] == "stream.events":
            message["events"] = [Told(*event) for event in message["events"]]
        self._tell(group, message)

    def _tell(self, group: str, message: Mapping[str, Any]) -> None:
        for socket in tuple(self.audiences.get(group, ())):
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
        known = [socket for socket in self.sockets if socket.user_id]
        for start in range(0, len(known), AT_ONCE):
            await self._sweep_some(known[start : start + AT_ONCE])
        self.groups.check()
        await self._want()

    async def _sweep_some(self, sockets: Sequence[Socket]) -> None:
        users = {socket.user_id for socket in sockets}
        keys = {socket.session_key for socket in sockets if socket.session_key}
        sign_ins = {socket.sign_in for socket in sockets if socket.sign_in}
        found = await threads.run(authorization.read, users, keys, sign_ins)
        for number, socket in enumerate(sockets, 1):
            socket.swept(found.get(socket.user_id))
            if number % IN_A_ROW == 0:
                await asyncio.sleep(0)

    async def _want(self) -> None:
        """What is watched here is wanted for a while; say so again in time."""
        now = time.monotonic()
        if now < self._want_at:
            return
        self._want_at = now + prices.WANTED_SECONDS / 3
        if watched := {name for socket in self.sockets for name in socket.instruments}:
            self._say_stale(await threads.run(prices.keep_wanting, watched))

    def _say_stale(self, told: Iterable[prices.Told]) -> None:
        """Once: no process follows these any more, so nobody else would say that they are old."""
        before, self._stale = self._stale, set()
        for kind, instrument, frame in told:
            self._stale.add((kind, instrument))
            if (kind, instrument) not in before:
                group = publish.group_of_instrument(instrument)
                self._tell(group, publish.market_message(kind, instrument, frame))


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
    hub.close(socket, groups)
    if not hub.sockets and _hubs.get(loop) is hub:
        del _hubs[loop]
        await hub.stop()


def spread_of(sockets: int) -> float:
    """Seconds over which so many come back."""
    return max(SPREAD_SECONDS, sockets / RETURNS_PER_SECOND)


async def drain() -> None:
    """Send everybody of this loop elsewhere, for a restart: not all back in the same second."""
    hub = _hubs.get(asyncio.get_running_loop())
    if hub is None:
        return
    spread = spread_of(len(hub.sockets))
    for socket in tuple(hub.sockets):
        delay = random.uniform(0.1, spread)  # noqa: S311 (no secret)
        socket.end(Close.RESTART, "The server restarts.", delay=delay)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await hub.stopped.wait()


def hubs() -> list[Hub]:
    """Those of this process, one for each loop; to look at, from any thread."""
    return list(_hubs.values())


def connected() -> int:
    """How many sockets this process holds, in all its loops."""
    return sum(len(hub.sockets) for hub in hubs())
