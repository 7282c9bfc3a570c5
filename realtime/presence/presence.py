"""The users at this server's sockets, registered for all servers, and the limit for each user.

Signing in never waits for Redis: a socket too many is closed later, once it is sure that those
before it are no leftovers of a crashed server. While Redis is away, this server's own count is the
limit. Afterwards the server registers all its sockets under a new name, so that no row of a socket
that left meanwhile remains.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import redis
import structlog
from django.conf import settings

from realtime import frames
from realtime.presence import registry, servers
from realtime.presence.address_rate import AddressWindow
from users.addresses import find_network, scope_address

log = structlog.get_logger(__name__)
T = TypeVar("T")

BEAT_SECONDS = 1.0
RECHECK_SECONDS = 3.5  # by then live servers have renewed their rows, and crashed ones do not count
RETRY_SECONDS = 1.0  # until Redis is tried again after a failure
ADMIT_SECONDS = 0.5  # to wait for an address's count; then the socket is admitted
BATCH_REQUESTS = 200  # in one script: Redis does nothing else meanwhile
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


def _ignore_answer(_answer: int) -> None: ...


class Presence:
    """The signed-in sockets of one process and loop."""

    def __init__(self) -> None:
        self.since = time.time()
        self.server = servers.make_server_name()
        self._sockets: dict[int, dict[str, SignedInSocket]] = {}
        # Requests to the registry, each with the callback for its answer
        self._waiting: list[tuple[Sequence[str], Callable[[int], None]]] = []
        self._window = AddressWindow()
        self.suspects = set[SignedInSocket]()  # of users who may have too many
        self.is_connected = True  # to Redis
        self._former: str | None = None
        self._is_first_beat = True  # this server is not registered yet
        self._failed = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._beat_task = asyncio.create_task(self._beat_repeatedly())

    # Sockets

    async def admit(self, address: str | None) -> float:
        """Admit another socket of an address: return 0, or the seconds to wait."""
        limit, network = settings.REALTIME["CONNECTS_PER_MINUTE"], find_network(address)
        if not limit or network is None:
            return 0.0
        if wait := self._window.wait(network, limit, time.monotonic()):
            return wait
        if not self.is_connected:
            return 0.0
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._add_request(("admit", network, str(limit)), _set_result_of(answer))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ADMIT_SECONDS):
                return await answer / 1000
        return 0.0

    def enter(self, socket: SignedInSocket) -> None:
        """Register a signed-in socket, and end it if its user has too many."""
        limit = _get_limit()
        sockets = self._sockets.setdefault(socket.user_id, {})
        if len(sockets) >= limit:
            _end_surplus(socket)
            return
        sockets[socket.name] = socket
        entry = self._build_entry(socket, limit)
        self._add_request(
            entry, lambda count: self._recheck_later(socket) if count > limit else None
        )

    def _recheck_later(self, socket: SignedInSocket) -> None:
        self.suspects.add(socket)
        asyncio.get_running_loop().call_later(RECHECK_SECONDS, self._recheck_suspect, socket)

    def _recheck_suspect(self, socket: SignedInSocket) -> None:
        self.suspects.discard(socket)
        if socket.name in self._sockets.get(socket.user_id, {}):
            request = ("weigh", str(socket.user_id), socket.name, str(_get_limit()))
            self._add_request(request, lambda room: None if room else _end_surplus(socket))

    def leave(self, socket: SignedInSocket) -> None:
        sockets = self._sockets.get(socket.user_id, {})
        if sockets.pop(socket.name, None) is not None:
            self._add_request(("leave", str(socket.user_id), socket.name), _ignore_answer)
        if not sockets:
            self._sockets.pop(socket.user_id, None)

    async def end(self) -> None:
        """Take this server out of the registry, so that the others know at once."""
        self._beat_task.cancel()
        await asyncio.gather(self._beat_task, return_exceptions=True)
        if self.is_connected and not self._is_first_beat:
            await self._run_in_thread(servers.end_server, self.server)

    def _build_entry(self, socket: SignedInSocket, limit: int) -> Sequence[str]:
        present = registry.PresentSocket(
            user_id=socket.user_id,
            server=self.server,
            name=socket.name,
            endpoint=socket.endpoint_name,
            since=socket.visitor.since,
            address=socket.visitor.address,
            agent=socket.visitor.agent,
        )
        return ("enter", str(socket.user_id), socket.name, present.facts, str(limit))

    # Requests to the registry, one batch at a time: those that come meanwhile go in the next

    def _add_request(self, arguments: Sequence[str], on_answer: Callable[[int], None]) -> None:
        if not self.is_connected:
            return
        self._waiting.append((arguments, on_answer))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._run_requests())

    async def _run_requests(self) -> None:
        while self._waiting:
            batch = self._waiting[:BATCH_REQUESTS]
            self._waiting = self._waiting[BATCH_REQUESTS:]
            answers = await self._run_in_thread(
                registry.run_requests, self.server, [arguments for arguments, _ in batch]
            )
            for (_, on_answer), answer in zip(batch, answers or (), strict=False):
                on_answer(answer)

    async def _run_in_thread(self, function: Callable[..., T], *args: Any) -> T | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(_thread, function, *args)
        except redis.RedisError as error:
            if self.is_connected:
                log.warning("redis unavailable, counting own sockets only", error=str(error))
            self.is_connected = False
            self._failed.set()
            self._waiting.clear()
            return None

    # This server's row in the registry

    async def _beat_repeatedly(self) -> None:
        while True:
            await self._beat_once()
            if self.is_connected:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):
                        await self._failed.wait()
            await asyncio.sleep(0 if self.is_connected else RETRY_SECONDS)
            self._failed.clear()

    async def _beat_once(self) -> None:
        if not self.is_connected and self._former is None:
            # Rows of sockets that left while Redis was away remain under the former name.
            self._former, self.server = self.server, servers.make_server_name()
        reason = servers.STARTED if self._is_first_beat else servers.RECONNECTED
        new = await self._run_in_thread(servers.renew_server, self._build_row(), reason)
        if new is None:
            return
        self.is_connected = True
        former, self._former = self._former, None
        if former:
            await self._run_in_thread(registry.remove_server, former)
        if former or (new and not self._is_first_beat):
            self._register_all()
        self._is_first_beat = False

    def _register_all(self) -> None:
        everybody = [socket for sockets in self._sockets.values() for socket in sockets.values()]
        log.info("sockets registered again", server=self.server, sockets=len(everybody))
        for socket in everybody:
            self._add_request(self._build_entry(socket, NO_LIMIT), _ignore_answer)

    def _build_row(self) -> registry.WebServer:
        sockets = sum(map(len, self._sockets.values()))
        return registry.WebServer(self.server, self.since, sockets, len(self._sockets))


_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="realtime-presence")
_presences: dict[asyncio.AbstractEventLoop, Presence] = {}


def get_presence() -> Presence:
    """Return this loop's presence; it is created on first use."""
    loop = asyncio.get_running_loop()
    if loop not in _presences:
        _presences[loop] = Presence()
    return _presences[loop]


async def end_presence() -> None:
    if presence := _presences.pop(asyncio.get_running_loop(), None):
        await presence.end()


def _set_result_of(answer: asyncio.Future[int]) -> Callable[[int], None]:
    def set_result(value: int) -> None:
        with contextlib.suppress(asyncio.InvalidStateError):  # the waiting task timed out
            answer.set_result(value)

    return set_result


def _get_limit() -> int:
    return settings.REALTIME["USER_SOCKETS"] or NO_LIMIT


def _end_surplus(socket: SignedInSocket) -> None:
    socket.end(
        frames.Close.TOO_MANY, f"You have {_get_limit()} sockets open already; close one first."
    )
