"""Each process's summary, written to Redis where any server can read all of them.

No process opens a port of its own: the server that answers /metrics or the statistics adds up all
summaries, and says so when it can read only its own. A process's summary ends with the process.
"""

import asyncio
import atexit
import functools
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, TypedDict

import psutil
import redis
import structlog
from django.conf import settings
from django.db import connection as database

from realtime import redis as realtime_redis
from realtime.counters import RealtimeCounts, counts
from realtime.histogram import EVENTS, LONG_SECONDS, SECONDS, Histogram
from realtime.metrics import heartbeat, life_sign
from realtime.metrics.repairs import RepairSums
from realtime.presence.servers import make_server_name
from realtime.socket import hub
from realtime.values import format_time

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
KEPT_SECONDS = 20
SUMMARY_PREFIX = "fillwatch:figures:"  # and the server's name: its last summary, for KEPT_SECONDS
SERVERS = "fillwatch:figures"  # a set: the names of servers that may have a summary
LOOP_SECONDS = 2.0  # in which a web server's loop answers, however busy it is
TOP_USERS = 200  # with the most sockets, of each server
NUMBERS = tuple(field.name for field in fields(RealtimeCounts) if field.type is int)
LABELLED = ("closes", "left", "resumes", "strikes")
TIMES = ("commit_to_send", "sweep_seconds", "loop_lag", "canary")
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_began = datetime.now(UTC)
_loops = set[asyncio.AbstractEventLoop]()  # of the web servers in this process


class ProcessFigures(TypedDict):
    """The process's resources, which must be as before when its sockets are gone."""

    tasks: int | None  # None: no web server, whose loop we would know
    groups: int
    threads: int
    connections_open: int | None  # of the database; None: no pool here, each thread has its own
    connections_used: int | None
    descriptors: int
    rss_bytes: int
    cpu_seconds: float


class ServerSummary(TypedDict):
    """One process's figures. Histograms are as Histogram.as_json makes them."""

    server: str
    role: str
    began_at: str
    said_at: str
    sockets: dict[str, int]
    users: int
    top_users: dict[str, int]
    instruments: int
    age_seconds: dict[str, Any]
    behind_events: dict[str, Any]
    answer_seconds: dict[str, Any]
    traffic: dict[str, dict[str, int]]
    numbers: dict[str, int]
    labelled: dict[str, dict[str, int]]
    times: dict[str, dict[str, Any]]
    process: ProcessFigures


def get_server_name() -> str:
    """Return this process's name among all that share this Redis."""
    return _name_process(os.getpid())


@functools.lru_cache(maxsize=1)
def _name_process(pid: int) -> str:
    """Keep the name; after a fork the child makes its own."""
    return make_server_name()


def build_summary() -> ServerSummary:
    """Build this process's summary as of now, from any thread."""
    hubs = hub.list_hubs()
    sockets = [socket for each in hubs for socket in list(each.sockets)]
    figures = [socket.read_figures() for socket in sockets]
    users = Counter(socket.user_id for socket in sockets if socket.user_id)
    now = time.monotonic()
    return ServerSummary(
        server=get_server_name(),
        role=settings.FILLWATCH_ROLE,
        began_at=format_time(_began),
        said_at=format_time(datetime.now(UTC)),
        sockets=dict(Counter(socket.endpoint for socket in figures)),
        users=len(users),
        top_users={str(user): number for user, number in users.most_common(TOP_USERS)},
        instruments=len({name for socket in sockets for name in socket.instruments}),
        age_seconds=_build_histogram(LONG_SECONDS, (now - socket.opened for socket in figures)),
        behind_events=_build_histogram(EVENTS, (socket.behind for socket in figures)),
        answer_seconds=_build_histogram(SECONDS, (socket.answer_seconds for socket in figures)),
        traffic={endpoint: asdict(traffic) for endpoint, traffic in list(counts.traffic.items())},
        numbers={number: getattr(counts, number) for number in NUMBERS},
        labelled={
            field: {str(label): number for label, number in list(getattr(counts, field).items())}
            for field in LABELLED
        },
        times={field: getattr(counts, field).as_json() for field in TIMES},
        process=_measure_process(hubs),
    )


def _build_histogram(bounds: tuple[float, ...], values: Iterable[float | None]) -> dict[str, Any]:
    return Histogram(bounds, (value for value in values if value is not None)).as_json()


def _measure_process(hubs: list[hub.SocketHub]) -> ProcessFigures:
    me, loops = psutil.Process(), list(_loops)
    pool: Any = getattr(database, "pool", None)
    held = pool.get_stats() if pool else {}
    size = held.get("pool_size")
    return ProcessFigures(
        tasks=sum(len(asyncio.all_tasks(loop)) for loop in loops) if loops else None,
        groups=sum(len(each.members) for each in hubs),
        threads=threading.active_count(),
        connections_open=size,
        connections_used=None if size is None else size - held.get("pool_available", 0),
        descriptors=me.num_fds(),
        rss_bytes=me.memory_info().rss,
        cpu_seconds=round(sum(me.cpu_times()[:2]), 3),
    )


# Summaries of all processes


def write_summary() -> None:
    """Write this process's summary to Redis, where every server can read it."""
    client, summary = realtime_redis.redis_client(), build_summary()
    with client.pipeline(transaction=False) as pipe:
        pipe.set(SUMMARY_PREFIX + summary["server"], json.dumps(summary), ex=KEPT_SECONDS)
        pipe.sadd(SERVERS, summary["server"])
        pipe.execute()


def read_all() -> tuple[list[ServerSummary], bool]:
    """Return each living process's last summary, this one first, and if the others could be read.

    A name whose summary has expired belongs to a process that is gone, and is removed.
    """
    own = build_summary()
    try:
        others = _read_others(own["server"])
    except redis.RedisError as error:
        log.warning("summaries of other servers unavailable", error=str(error))
        return [own], False
    return [own, *others], True


def _read_others(own_name: str) -> list[ServerSummary]:
    client = realtime_redis.redis_client()
    names = sorted(client.smembers(SERVERS) - {own_name})
    if not names:
        return []
    values = client.mget([SUMMARY_PREFIX + name for name in names])
    if gone := [name for name, value in zip(names, values, strict=True) if value is None]:
        client.srem(SERVERS, *gone)
    summaries = [json.loads(value) for value in values if value is not None]
    return [summary for summary in summaries if _is_compatible(summary)]


def _is_compatible(summary: dict[str, Any]) -> bool:
    """Check for all our fields: during a rolling upgrade a process may have others."""
    return (
        ServerSummary.__annotations__.keys() <= summary.keys()
        and set(TIMES) <= summary["times"].keys()
    )


# Writing


class SummaryWriter(threading.Thread):
    """Writes summary and heartbeat every few seconds until it or the process ends.

    `measure_idle` returns for how many seconds the process's own work has not moved: this thread
    goes on where the work hangs. Without Redis nothing is written, and later it goes on.
    """

    def __init__(self, measure_idle: Callable[[], float] | None = None) -> None:
        super().__init__(name="figures", daemon=True)
        self._over = threading.Event()
        self._pulse = heartbeat.Pulse(get_server_name(), measure_idle)
        self._repairs = RepairSums()
        self.is_away = False

    def end(self) -> None:
        """End in order: nobody misses this process then."""
        self._over.set()
        atexit.unregister(self.end)
        heartbeat.remove_heartbeat(get_server_name())

    def run(self) -> None:
        atexit.register(self.end)
        self._try_writing()
        while not self._over.wait(EVERY_SECONDS):
            self._try_writing()

    def _try_writing(self) -> None:
        try:
            write_summary()
            heartbeat.write_heartbeat(self._pulse.build())
            self._repairs.save(datetime.now(UTC))
            self.is_away = False
        except redis.RedisError as error:
            if not self.is_away:
                log.warning("summary not written, redis unavailable", error=str(error))
            self.is_away = True
        except Exception:  # without this thread the process writes no more figures
            log.exception("summary failed")


class LoopWatch:
    """Asks a web server's loop to run something, from another thread: it may hang on its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._answered_at = loop, time.monotonic()

    def measure_idle(self) -> float:
        """Return the seconds since the loop last answered; 0 when it does now."""
        began = time.monotonic()
        answer = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop)
        try:
            answer.result(LOOP_SECONDS)
        except TimeoutError:
            answer.cancel()
            return time.monotonic() - self._answered_at
        self._answered_at = time.monotonic()
        return self._answered_at - began


async def handle_lifespan(scope: object, receive: Receive, send: Send) -> None:
    """Follow the ASGI lifespan: write this process's summary as long as the server runs."""
    await receive()
    loop = asyncio.get_running_loop()
    _loops.add(loop)
    writer = SummaryWriter(LoopWatch(loop).measure_idle)
    writer.start()
    beating = life_sign.start_on_loop()
    await send({"type": "lifespan.startup.complete"})
    try:
        await receive()
    finally:
        if beating:
            beating.cancel()
        await loop.run_in_executor(None, writer.end)
        _loops.discard(loop)
    await send({"type": "lifespan.shutdown.complete"})
