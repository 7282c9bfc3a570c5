"""The users at this server's sockets, registered for all servers, and the limit for each user.

Nobody waits for Redis to sign in: a socket too many hears so later, when it is sure that what
takes its room is no leftover of a server that crashed. While Redis is away this server's own
count is the limit; when it is back all of us enter it anew, under another name of this server, so
that nothing that happened meanwhile is left in the book.
"""

import asyncio
import contextlib
import os
import secrets
import socket as network
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import redis
import structlog
from django.conf import settings

from realtime import frames, publish
from realtime.presence import registry
from realtime.presence.address_rate import AddressWindow
from realtime.shapes.notes import HealthData
from realtime.values import format_time
from users.addresses import scope_address

log = structlog.get_logger(__name__)
T = TypeVar("T")

BEAT_SECONDS = 1.0
SURE_SECONDS = 3.5  # by then whoever counts has given its word anew, and who crashed counts no more
AGAIN_SECONDS = 1.0  # until a Redis that did not answer is asked again
PATIENCE_SECONDS = 0.5  # for a word on an address; then it may come in
ASKS = 200  # in one step: so long Redis does nothing else
AGENT_LENGTH = 120
NO_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """The client's address and agent, as its handshake gives them."""

    address: str | None
    agent: str
    since: float


def read_visitor(scope: Mapping[str, Any]) -> Visitor:
    headers = dict(scope["headers"])
    agent = headers.get(b"user-agent", b"").decode("latin-1")
    return Visitor(scope_address(scope), agent[:AGENT_LENGTH], time.time())


class SignedInSocket(Protocol):
    """A signed-in socket, as presence sees it."""

    name: str
    user_id: int
    visitor: Visitor

    @property
    def endpoint_name(self) -> str: ...

    def end(self, code: frames.Close, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RegistryRequest:
    """Something for the book, and what to do with its answer."""

    words: Sequence[str]
    answered: Callable[[int], None]


def _ignore_answer(_answer: int) -> None: ...


class Presence:
    """The sockets of one process and loop that somebody has signed in at."""

    def __init__(self) -> None:
        self.since = time.time()
        self.server = _make_server_name()
        self._sockets: dict[int, dict[str, SignedInSocket]] = {}
        self._waiting: list[RegistryRequest] = []
        self._window = AddressWindow()
        self.suspects = set[SignedInSocket]()  # there may be too many of their user's
        self.is_connected = True  # Redis; not while it does not answer
        self._former: str | None = None
        self._first = True  # we are not in the book yet
        self._failed = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._beat_task = asyncio.create_task(self._beat_repeatedly())

    # Coming and going

    async def admit(self, address: str | None) -> float:
        """Admit another socket of an address: return 0, or the seconds to wait."""
        most = settings.REALTIME["CONNECTS_PER_MINUTE"]
        if not most or address is None:
            return 0.0
        if wait := self._window.wait(address, most, time.monotonic()):
            return wait
        if not self.is_connected:
            return 0.0
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._add_request(("admit", address, str(most)), _set_result_of(answer))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await answer / 1000
        return 0.0

    def enter(self, guest: SignedInSocket) -> None:
        """Register a signed-in socket, and end it if its user has too many."""
        most = _get_limit()
        mine = self._sockets.setdefault(guest.user_id, {})
        if len(mine) >= most:
            _end_surplus(guest)
            return
        mine[guest.name] = guest
        entry = self._build_entry(guest, most)
        self._add_request(entry, lambda count: self._suspect(guest) if count > most else None)

    def _suspect(self, guest: SignedInSocket) -> None:
        self.suspects.add(guest)
        asyncio.get_running_loop().call_later(SURE_SECONDS, self._recheck, guest)

    def _recheck(self, guest: SignedInSocket) -> None:
        self.suspects.discard(guest)
        if guest.name in self._sockets.get(guest.user_id, {}):
            words = ("weigh", str(guest.user_id), guest.name, str(_get_limit()))
            self._add_request(words, lambda room: None if room else _end_surplus(guest))

    def leave(self, guest: SignedInSocket) -> None:
        mine = self._sockets.get(guest.user_id, {})
        if mine.pop(guest.name, None) is not None:
            self._add_request(("leave", str(guest.user_id), guest.name), _ignore_answer)
        if not mine:
            self._sockets.pop(guest.user_id, None)

    async def end(self) -> None:
        """Take this server out of the registry, so that the others know at once."""
        self._beat_task.cancel()
        await asyncio.gather(self._beat_task, return_exceptions=True)
        if self.is_connected and not self._first:
            await self._run_in_thread(_remove_server, self.server)

    def _build_entry(self, guest: SignedInSocket, most: int) -> Sequence[str]:
        present = registry.PresentSocket(
            user_id=guest.user_id,
            server=self.server,
            name=guest.name,
            door=guest.endpoint_name,
            since=guest.visitor.since,
            address=guest.visitor.address,
            agent=guest.visitor.agent,
        )
        return ("enter", str(guest.user_id), guest.name, present.facts, str(most))

    # Asking, one step at a time: what comes up meanwhile goes together in the next

    def _add_request(self, words: Sequence[str], answered: Callable[[int], None]) -> None:
        if not self.is_connected:
            return
        self._waiting.append(RegistryRequest(words, answered))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._run_requests())

    async def _run_requests(self) -> None:
        while self._waiting:
            asks, self._waiting = self._waiting[:ASKS], self._waiting[ASKS:]
            answers = await self._run_in_thread(
                registry.run_requests, self.server, [ask.words for ask in asks]
            )
            for ask, answer in zip(asks, answers or (), strict=False):
                ask.answered(answer)

    async def _run_in_thread(self, function: Callable[..., T], *words: Any) -> T | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(_thread, function, *words)
        except redis.RedisError as error:
            if self.is_connected:
                log.warning(
                    "sockets are counted here alone: Redis cannot be asked", error=str(error)
                )
            self.is_connected = False
            self._failed.set()
            self._waiting.clear()
            return None

    # Being there

    async def _beat_repeatedly(self) -> None:
        while True:
            await self._beat_once()
            if self.is_connected:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):
                        await self._failed.wait()
            await asyncio.sleep(0 if self.is_connected else AGAIN_SECONDS)
            self._failed.clear()

    async def _beat_once(self) -> None:
        if not self.is_connected and self._former is None:
            # What left while Redis was away stands in the book, under the name we had.
            self._former, self.server = self.server, _make_server_name()
        words = "It began." if self._first else "It is back."
        new = await self._run_in_thread(_register_server, self._build_facts(), words)
        if new is None:
            return
        self.is_connected = True
        former, self._former = self._former, None
        if former:
            await self._run_in_thread(registry.remove_server, former)
        if former or (new and not self._first):
            self._register_all()
        self._first = False

    def _register_all(self) -> None:
        everybody = [guest for mine in self._sockets.values() for guest in mine.values()]
        log.info("entering all sockets anew", server=self.server, sockets=len(everybody))
        for guest in everybody:
            self._add_request(self._build_entry(guest, NO_LIMIT), _ignore_answer)

    def _build_facts(self) -> registry.WebServer:
        sockets = sum(len(mine) for mine in self._sockets.values())
        return registry.WebServer(self.server, self.since, sockets, len(self._sockets))


_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="realtime-presence")
_presences: dict[asyncio.AbstractEventLoop, Presence] = {}


def get_presence() -> Presence:
    """Return this loop's presence; it is created on first use."""
    loop = asyncio.get_running_loop()
    if loop not in _presences:
        _presences[loop] = Presence()
    return _presences[loop]


def list_presences() -> list[Presence]:
    """List this process's, one for each loop."""
    return list(_presences.values())


async def end_presence() -> None:
    if desk := _presences.pop(asyncio.get_running_loop(), None):
        await desk.end()


def _make_server_name() -> str:
    return f"{network.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"


def _set_result_of(answer: asyncio.Future[int]) -> Callable[[int], None]:
    def answered(value: int) -> None:
        with contextlib.suppress(asyncio.InvalidStateError):  # nobody waits any more
            answer.set_result(value)

    return answered


def _get_limit() -> int:
    return settings.REALTIME["USER_SOCKETS"] or NO_LIMIT


def _end_surplus(guest: SignedInSocket) -> None:
    guest.end(
        frames.Close.TOO_MANY, f"You have {_get_limit()} sockets open already; close one first."
    )


# What is told to the operators


def _register_server(server: registry.WebServer, words: str) -> bool:
    new, gone = registry.renew_server(server)
    for name in gone:
        _announce(name, "gone", "Nothing was heard of it any more.")
    if new:
        _announce(server.name, "well", words)
    return new


def _remove_server(server: str) -> None:
    registry.remove_server(server)
    _announce(server, "gone", "It ends, as it was told to.")


def _announce(server: str, state: Any, words: str) -> None:
    log.info("a server came or went", server=server, state=state, words=words)
    at = format_time(datetime.now(UTC))
    data = HealthData(part=f"web {server}", state=state, words=words, at=at)
    publish.notify_staff(type="health_update", data=data, about=f"health web {server}")
