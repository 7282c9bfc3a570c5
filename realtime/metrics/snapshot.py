"""Each process's figures, laid down in Redis where any server can read all of them.

No process is asked by another, none opens a port of its own: whoever is asked (/metrics, the
statistics) answers for the installation, and says so when it can only speak for itself. Figures
of a process end with it; what they are about is in `counts`.
"""

import asyncio
import functools
import json
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypedDict

import psutil
import redis
import structlog
from django.conf import settings
from django.db import connection as database

from realtime import redis as realtime_redis
from realtime.counters import counts
from realtime.histogram import EVENTS, LONG_SECONDS, SECONDS, Histogram
from realtime.socket import hub
from realtime.values import format_time

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
KEPT_SECONDS = 20
SUMMARY_PREFIX = "fillwatch:figures:"  # and the server's name: what it last said, for KEPT_SECONDS
SERVERS = "fillwatch:figures"  # a set: the names of those that may have said something
TOP_USERS = 200  # with the most sockets, of each server
NUMBERS = (
    *("published", "publish_failures", "repairs", "log_reads", "slow_closed"),
    *("join_failures", "sweep_failures", "pruned", "canary_lost"),
)
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
    return _make_server_name(os.getpid())


@functools.lru_cache(maxsize=1)
def _make_server_name(pid: int) -> str:
    """Containers may share a host's name and count their processes alike."""
    return f"{socket.gethostname()}:{pid}:{secrets.token_hex(2)}"


def build_summary() -> ServerSummary:
    """Build this process's summary as of now, from any thread."""
    hubs = hub.list_hubs()
    sockets = [one for each in hubs for one in list(each.sockets)]
    glances = [one.read_figures() for one in sockets]
    users = Counter(one.user_id for one in sockets if one.user_id)
    now = time.monotonic()
    return ServerSummary(
        server=get_server_name(),
        role=settings.FILLWATCH_ROLE,
        began_at=format_time(_began),
        said_at=format_time(datetime.now(UTC)),
        sockets=dict(Counter(one.endpoint for one in glances)),
        users=len(users),
        top_users={str(user): number for user, number in users.most_common(TOP_USERS)},
        instruments=len({name for one in sockets for name in one.instruments}),
        age_seconds=_build_histogram(LONG_SECONDS, (now - one.opened for one in glances)),
        behind_events=_build_histogram(EVENTS, (one.behind for one in glances)),
        answer_seconds=_build_histogram(SECONDS, (one.answer_seconds for one in glances)),
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


# All of them


def write_summary() -> None:
    """Write this process's summary to Redis, where every server can read it."""
    client, mine = realtime_redis.redis_client(), build_summary()
    with client.pipeline(transaction=False) as pipe:
        pipe.set(SUMMARY_PREFIX + mine["server"], json.dumps(mine), ex=KEPT_SECONDS)
        pipe.sadd(SERVERS, mine["server"])
        pipe.execute()


def read_all() -> tuple[list[ServerSummary], bool]:
    """Return each living process's last summary, this one first, and if the others could be read.

    A name whose words have expired belongs to a process that is gone: it is forgotten.
    """
    mine = build_summary()
    try:
        others = _read_others(mine["server"])
    except redis.RedisError as error:
        log.warning("figures of other servers are out of reach", error=str(error))
        return [mine], False
    return [mine, *others], True


def _read_others(mine: str) -> list[ServerSummary]:
    client = realtime_redis.redis_client()
    names = sorted(client.smembers(SERVERS) - {mine})
    if not names:
        return []
    said = client.mget([SUMMARY_PREFIX + one for one in names])
    if gone := [one for one, words in zip(names, said, strict=True) if words is None]:
        client.srem(SERVERS, *gone)
    told = [json.loads(words) for words in said if words is not None]
    return [one for one in told if _is_compatible(one)]


def _is_compatible(said: dict[str, Any]) -> bool:
    """While releases change, a process may speak of other things than we do."""
    return (
        ServerSummary.__annotations__.keys() <= said.keys() and set(TIMES) <= said["times"].keys()
    )


# From time to time


class SummaryWriter:
    """Lays the figures down every few seconds, in a thread of its own; Redis may be away."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self.is_away = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="figures", daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def _run(self) -> None:
        self._try_writing()
        while not self._over.wait(EVERY_SECONDS):
            self._try_writing()

    def _try_writing(self) -> None:
        try:
            write_summary()
            self.is_away = False
        except redis.RedisError as error:
            if not self.is_away:
                log.warning("figures stay here: Redis is away", error=str(error))
            self.is_away = True
        except Exception:  # a figure that cannot be told now must not silence the process for good
            log.exception("figures cannot be told")


def start_writing() -> SummaryWriter:
    """Write summaries from now on, until the writer or the process ends."""
    teller = SummaryWriter()
    teller.start()
    return teller


async def handle_lifespan(scope: object, receive: Receive, send: Send) -> None:
    """The ASGI server's own words: as long as it runs, this process tells its figures."""
    await receive()
    loop = asyncio.get_running_loop()
    _loops.add(loop)
    teller = start_writing()
    await send({"type": "lifespan.startup.complete"})
    try:
        await receive()
    finally:
        teller.end()
        _loops.discard(loop)
    await send({"type": "lifespan.shutdown.complete"})
