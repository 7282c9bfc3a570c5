"""How many requests a minute a hook and a stranger's address have had, on all servers together.

While Redis is away each process counts for itself: nobody is let through without being counted.
"""

from collections import Counter
from datetime import datetime
from typing import Final

import redis
import structlog

from realtime import redis as realtime_redis

log = structlog.get_logger(__name__)

COUNTED: Final = "fillwatch:hooks:"  # one for each name and minute
MINUTE: Final = 60
_here: Counter[tuple[str, int]] = Counter()


def wait(name: str, *, most: int, now: datetime) -> int:
    """Count one more; says how many seconds to wait, if that is one too many."""
    minute, second = divmod(int(now.timestamp()), MINUTE)
    try:
        number = _count(f"{COUNTED}{name}:{minute}")
    except redis.RedisError as error:
        log.warning("each process counts for itself: Redis is away", error=repr(error))
        number = _count_here(name, minute)
    return MINUTE - second if number > most else 0


def _count(key: str) -> int:
    both = realtime_redis.redis_client().pipeline()
    both.incr(key)
    both.expire(key, 2 * MINUTE)
    return int(both.execute()[0])


def _count_here(name: str, minute: int) -> int:
    for old in [key for key in _here if key[1] != minute]:
        del _here[old]
    _here[name, minute] += 1
    return _here[name, minute]
