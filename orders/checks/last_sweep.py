"""Keep the time of the last sweep, so that pages and the doctor can warn when none comes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import redis
import structlog
from django.conf import settings
from django.core.cache import cache

log = structlog.get_logger(__name__)

NAME: Final = "last-sweep"
DURATION: Final = "last-sweep:seconds"
OVERRUNS: Final = "sweep-overruns"  # and the hour
HOUR_SECONDS: Final = 3600
TICKS: Final = 3  # one may be late, because the sweep before it took long


def note_sweep(now: datetime) -> None:
    try:
        cache.set(NAME, now, timeout=None)
    except redis.RedisError as error:
        log.warning("sweep not noted, redis unavailable", error=str(error))


@dataclass(frozen=True, slots=True)
class SweepTimes:
    """How long the last sweep took, and how many of this hour took longer than their interval."""

    seconds: float | None
    overruns: int


def note_end(seconds: float, *, now: datetime) -> None:
    """Note how long a sweep took, and count it if the next one was due before its end."""
    try:
        cache.set(DURATION, seconds, timeout=HOUR_SECONDS)
        if seconds > settings.ORDER_CHECK_SECONDS:
            name = f"{OVERRUNS}:{now:%Y-%m-%dT%H}"
            cache.add(name, 0, timeout=2 * HOUR_SECONDS)
            cache.incr(name)
    except (redis.RedisError, ValueError) as error:
        log.warning("sweep duration not noted, redis unavailable", error=str(error))


def read_times(*, now: datetime) -> SweepTimes:
    names = DURATION, f"{OVERRUNS}:{now:%Y-%m-%dT%H}"
    found = cache.get_many(names)
    return SweepTimes(found.get(names[0]), int(found.get(names[1], 0)))


def read_last_sweep() -> datetime | None:
    """Return when the last sweep began; None if Redis is away or remembers none."""
    try:
        last: datetime | None = cache.get(NAME)
    except redis.RedisError:
        return None
    return last


def find_delay(last: datetime, *, now: datetime) -> timedelta | None:
    """Return for how long no sweep has begun, if three should have."""
    delay = now - last
    return delay if delay > timedelta(seconds=TICKS * settings.ORDER_CHECK_SECONDS) else None
