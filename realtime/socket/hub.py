"""All sockets of one process: one channel of the layer for all of them, and one sweep.

One group for each connected user, for each watched instrument, and one for the operators. The hub
joins them with its channel and hands every message to the group's sockets: one channel for each
socket would cost memory and time. Nobody here waits for a socket: it takes a note and wakes itself.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from realtime import prices, publish
from realtime.counters import counts
from realtime.frames import Close, StreamEvent
from realtime.layer import LAYER_ERRORS
from realtime.socket import authentication, authorization, delays, log_reads, outage, threads
from realtime.socket.authorization import Authorization
from realtime.socket.session import Identity, SocketFigures
from realtime.socket.threads import Batcher
from realtime.socket.timers import AlarmClock

log = structlog.get_logger(__name__)

AT_ONCE = 1_000  # sockets swept with one query
IN_A_ROW = 200  # of them compared before others have their turn
JOIN_SECONDS = 2.0  # a layer that is away must not hold up who connects: the sweep joins later
AGAIN_SECONDS = 0.5  # until a layer that failed is asked for a channel again
DRAIN_SECONDS = 2.0
SPREAD_SECONDS = 2.0  # over which those sent away come back, or as many as
RETURNS_PER_SECOND = 1_000  # a server takes in while it does its other work


class HubSocket(Protocol):
    """A socket, as the hub sees it. No call may wait."""

    user_id: int  # 0 as long as nobody has signed in

    @property
    def identity(self) -> Identity | None: ...

    @property
    def instruments(self) -> frozenset[str]: ...

    async def dispatch(self, message: Mapping[str, Any]) -> None: ...

    def apply_sweep(self, now: Authorization | None) -> None: ...

    def end(self, code: Close, message: str, *, delay: float | None = None) -> None: ...

    def read_figures(self) -> SocketFigures: ...


class SocketHub:
    """The sockets of one loop and their groups; the last socket to leave stops it for good."""

    def __init__(self) -> None:
        self.sockets: set[HubSocket] = set()
        self.members: dict[str, set[HubSocket]] = {}  # the sockets of each group
        self.clock = AlarmClock()
        self.tokens = Batcher(authentication.authenticate_tokens)
        self.pages = Batcher(log_reads.read_pages)
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._has_channel = asyncio.Event()
        self._unjoined: set[str] = set()  # groups that the layer could not join
        self._tasks: list[asyncio.Task[None]] = []
        self._blind = outage.BlindSweeps()
        self._renew_at = 0.0
        self._stale: set[tuple[str, str]] = set()
        self.stopped = asyncio.Event()

    def open(self, socket: HubSocket) -> None:
        self.sockets.add(socket)
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(run())
                for run in (
                    self._receive_messages,
                    self._sweep_repeatedly,
                    delays.DelayWatch(self).run,
                    delays.HealthWatch(self).run,
                )
            ]

    async def close(self, socket: HubSocket, groups: Iterable[str]) -> None:
        self.sockets.discard(socket)
        await self.leave(socket, *groups)

    async def stop(self) -> None:
        self.clock.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stopped.set()

    # Groups

    async def join(self, socket: HubSocket, *groups: str) -> None:
        """Return when messages to the groups reach the socket, or the layer is known to be away."""
        for group in groups:
            self.members.setdefault(group, set()).add(socket)
        joined = await asyncio.gather(*map(self._add_group, groups))
        counts.join_failures += joined.count(False)

    async def leave(self, socket: HubSocket, *groups: str) -> None:
        empty = [group for group in groups if self._remove_member(socket, group)]
        for group in empty:
            if group not in self.members:  # somebody may have come while we waited
                with contextlib.suppress(*LAYER_ERRORS):
                    async with asyncio.timeout(JOIN_SECONDS):
                        await self._layer.group_discard(group, self._channel)

    def _remove_member(self, socket: HubSocket, group: str) -> bool:
        members = self.members.get(group, set())
        members.discard(socket)
        return not members and self.members.pop(group, None) is not None

    async def _add_group(self, group: str) -> bool:
        try:
            async with asyncio.timeout(JOIN_SECONDS):
                await self._has_channel.wait()
                if group in self.members:  # all may have left while we waited
                    await self._layer.group_add(group, self._channel)
        except LAYER_ERRORS:
            self._unjoined.add(group)
            return False
        self._unjoined.discard(group)
        return True

    async def _join_missing(self) -> None:
        """Join what could not be joined before; the first failure shows that it is too early."""
        self._unjoined &= self.members.keys()
        for group in tuple(self._unjoined):
            if not await self._add_group(group):
                return

    # Messages

    async def _receive_messages(self) -> None:
        """Receive on one channel as long as the layer holds it, then on another."""
        while True:
            try:
                await self._receive_on(await self._layer.new_channel())
            except LAYER_ERRORS as error:
                log.warning("channel layer failed", error=str(error))
                self._has_channel.clear()
                self._unjoined.update(self.members)
                await asyncio.sleep(AGAIN_SECONDS)
            except Exception:  # without this task every event would wait for the sweep
                log.exception("channel layer failed")
                await asyncio.sleep(AGAIN_SECONDS)

    async def _receive_on(self, channel: str) -> None:
        self._channel = channel
        self._has_channel.set()
        while True:
            message = await self._layer.receive(channel)
            try:
                await self._deliver_message(message)
            except Exception:  # one bad message must not end delivery to all sockets of the process
                log.exception("group message failed", type=message.get("type"))

    async def _deliver_message(self, message: dict[str, Any]) -> None:
        if message["type"] == "stream.events":
            message["events"] = [StreamEvent(*event) for event in message["events"]]
        await self.hand_out(message["to"], message)

    async def hand_out(self, group: str, message: Mapping[str, Any]) -> None:
        for socket in tuple(self.members.get(group, ())):
            await socket.dispatch(message)

    async def _sweep_repeatedly(self) -> None:
        while True:
            due = time.monotonic() + settings.REALTIME["SWEEP_SECONDS"]
            await asyncio.sleep(settings.REALTIME["SWEEP_SECONDS"])
            began = time.monotonic()
            counts.loop_lag.add(max(0.0, began - due))  # so busy is the loop
            try:
                await self._sweep_once()
                counts.sweep_seconds.add(time.monotonic() - began)
            except DatabaseError as error:
                self._blind.note_failure(error)
                if self._blind.are_too_many:
                    self._end_for_outage()
            except Exception:  # without sweeps no socket of the process would be repaired
                log.exception("sweep failed")
            else:
                self._blind.note_success()

    def _end_for_outage(self) -> None:
        known = [socket for socket in self.sockets if socket.user_id]
        for socket in known:
            delay = outage.draw_delay(len(known))
            socket.end(Close.INTERNAL, outage.MESSAGE, delay=delay)

    async def _sweep_once(self) -> None:
        """Compare every socket with the database: find lost events and lost rights."""
        known = [socket for socket in self.sockets if socket.user_id]
        for start in range(0, len(known), AT_ONCE):
            await self._sweep_batch(known[start : start + AT_ONCE])
        await self._join_missing()
        await self._renew_watched()

    async def _sweep_batch(self, sockets: Sequence[HubSocket]) -> None:
        users = {socket.user_id for socket in sockets}
        identities = [socket.identity for socket in sockets if socket.identity]
        keys = {identity.session_key for identity in identities if identity.session_key}
        sign_ins = {identity.sign_in for identity in identities if identity.sign_in}
        api_tokens = {identity.api_token for identity in identities if identity.api_token}
        authorizations = await threads.run_in_thread(
            authorization.fetch_authorizations, users, keys, sign_ins, api_tokens
        )
        for number, socket in enumerate(sockets, 1):
            try:
                socket.apply_sweep(authorizations.get(socket.user_id))
            except Exception:  # a bug about one must not keep the others from being swept
                log.exception("socket not swept", user=socket.user_id)
            if number % IN_A_ROW == 0:
                await asyncio.sleep(0)

    async def _renew_watched(self) -> None:
        """Renew the requests for the instruments that are watched here, before they run out."""
        now = time.monotonic()
        if now < self._renew_at:
            return
        self._renew_at = now + prices.WANTED_SECONDS / 3
        by_users, by_anonymous = set[str](), set[str]()
        for socket in self.sockets:
            (by_users if socket.user_id else by_anonymous).update(socket.instruments)
        if by_users or by_anonymous:
            rows = await threads.run_in_thread(prices.renew_requests, by_users, by_anonymous)
            await self._send_stale(rows)

    async def _send_stale(self, rows: Iterable[prices.MarketFrame]) -> None:
        """Send stale frames once: no process follows these any more, so nobody else would."""
        before, self._stale = self._stale, set()
        for kind, instrument, frame in rows:
            self._stale.add((kind, instrument))
            if (kind, instrument) not in before:
                group = publish.instrument_group(instrument)
                await self.hand_out(group, publish.build_market_message(kind, instrument, frame))


_hubs: dict[asyncio.AbstractEventLoop, SocketHub] = {}


def open_socket(socket: HubSocket) -> SocketHub:
    """Add a socket to its loop's hub, which sweeps it and ends it when the server ends."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = SocketHub()
    _hubs[loop].open(socket)
    return _hubs[loop]


async def close_socket(socket: HubSocket, groups: Iterable[str]) -> None:
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        return
    await hub.close(socket, groups)
    if not hub.sockets and _hubs.get(loop) is hub:
        del _hubs[loop]
        await hub.stop()


def get_return_spread(sockets: int) -> float:
    """Return the seconds over which so many sockets come back."""
    return max(SPREAD_SECONDS, sockets / RETURNS_PER_SECOND)


async def drain_sockets() -> None:
    """End this loop's sockets for a restart, with delays so that not all come back at once."""
    hub = _hubs.get(asyncio.get_running_loop())
    if hub is None:
        return
    spread = get_return_spread(len(hub.sockets))
    for socket in tuple(hub.sockets):
        delay = random.uniform(0.1, spread)  # noqa: S311 (no secret)
        socket.end(Close.RESTART, "The server restarts.", delay=delay)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await hub.stopped.wait()


def list_hubs() -> list[SocketHub]:
    """List this process's hubs, one for each loop, from any thread."""
    return list(_hubs.values())
