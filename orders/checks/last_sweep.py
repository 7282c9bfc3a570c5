"""Keep the time of the last sweep, so that pages and the doctor can warn when none comes."""

from datetime import datetime, timedelta
from typing import Final

import redis
import structlog
from django.conf import settings
from django.core.cache import cache

log = structlog.get_logger(__name__)

NAME: Final = "last-sweep"
TICKS: Final = 3  # one may be late, because the sweep before it took long


def note_sweep(now: datetime) -> None:
    try:
        cache.set(NAME, now, timeout=None)
    except redis.RedisError as error:
        log.warning("sweep not noted, redis unavailable", error=str(error))


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
