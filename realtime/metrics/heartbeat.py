"""Each process's heartbeat in Redis: that it lives, since when, and if its work goes on.

A process that is frozen or killed writes none; one that ends in order removes its own. Ages are
counted by Redis from the time to live, so that a wrong clock makes nobody look dead.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psutil
import redis
import structlog
from django.conf import settings

from realtime import redis as realtime_redis
from realtime.values import format_time

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 600  # for so long a silent process is missed
PREFIX: Final = "fillwatch:heartbeat:"
NAMES: Final = "fillwatch:heartbeats"  # a set: the names of processes that may have one


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`idle_seconds`: since the process's own work last moved; None where it does not measure."""

    name: str
    role: str
    version: str
    began_at: str
    said_at: str
    idle_seconds: float | None
    rss_bytes: int
    cpu_share: float  # of one core, since the heartbeat before
    age: float = 0.0  # seconds since it was written, when it is read


class Pulse:
    """Builds the heartbeats of this process, one after the other."""

    def __init__(self, name: str, measure_idle: Callable[[], float] | None) -> None:
        self._name, self._measure_idle = name, measure_idle
        self._process = psutil.Process()
        self._began = datetime.fromtimestamp(self._process.create_time(), UTC)
        self._last = time.monotonic(), self._count_cpu()

    def build(self) -> Heartbeat:
        idle = None if self._measure_idle is None else round(self._measure_idle(), 3)
        return Heartbeat(
            name=self._name,
            role=settings.FILLWATCH_ROLE,
            version=settings.VERSION,
            began_at=format_time(self._began),
            said_at=format_time(datetime.now(UTC)),
            idle_seconds=idle,
            rss_bytes=self._process.memory_info().rss,
            cpu_share=self._measure_cpu(),
        )

    def _measure_cpu(self) -> float:
        at, before = self._last
        self._last = now, spent = time.monotonic(), self._count_cpu()
        return round((spent - before) / max(now - at, 0.001), 3)

    def _count_cpu(self) -> float:
        return float(sum(self._process.cpu_times()[:2]))


def write_heartbeat(heartbeat: Heartbeat) -> None:
    client = realtime_redis.redis_client()
    with client.pipeline(transaction=False) as pipe:
        pipe.set(PREFIX + heartbeat.name, json.dumps(asdict(heartbeat)), ex=KEPT_SECONDS)
        pipe.sadd(NAMES, heartbeat.name)
        pipe.execute()


def remove_heartbeat(name: str) -> None:
    """Remove it at an orderly end, so that nobody misses this process."""
    try:
        client = realtime_redis.redis_client()
        client.delete(PREFIX + name)
        client.srem(NAMES, name)
    except redis.RedisError as error:
        log.info("heartbeat not removed, redis unavailable", error=str(error))


def read_heartbeats() -> list[Heartbeat]:
    """Return the last heartbeat of each process, with its age; those long gone are forgotten."""
    client = realtime_redis.redis_client()
    names = sorted(client.smembers(NAMES))
    with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.get(PREFIX + name)
            pipe.pttl(PREFIX + name)
        answers = pipe.execute()
    rows = list(zip(names, answers[::2], answers[1::2], strict=True))
    if gone := [name for name, value, _ in rows if value is None]:
        client.srem(NAMES, *gone)
    return [_parse_heartbeat(value, left) for _, value, left in rows if value is not None]


def _parse_heartbeat(value: str, left_ms: int) -> Heartbeat:
    """Read one of any release: fields that we do not know are left out, missing ones are empty."""
    facts: dict[str, Any] = json.loads(value)
    age = max(0.0, KEPT_SECONDS - left_ms / 1000)
    return Heartbeat(
        name=str(facts["name"]),
        role=str(facts["role"]),
        version=str(facts.get("version", "")),
        began_at=str(facts["began_at"]),
        said_at=str(facts["said_at"]),
        idle_seconds=facts.get("idle_seconds"),
        rss_bytes=int(facts.get("rss_bytes", 0)),
        cpu_share=float(facts.get("cpu_share", 0)),
        age=age,
    )
