"""Count the requests per minute of a hook or an address, over all servers.

While Redis is away each process counts for itself, so that every request is counted.
"""

from collections import Counter
from datetime import datetime
from typing import Final

import redis
import structlog

from realtime import redis as realtime_redis

log = structlog.get_logger(__name__)

KEY_PREFIX: Final = "fillwatch:hooks:"  # one for each name and minute
MINUTE: Final = 60
_process_counts: Counter[tuple[str, int]] = Counter()


def count_request(name: str, *, most: int, now: datetime) -> int:
    """Count one more request; return the seconds to wait if it is one too many, else 0."""
    minute, second = divmod(int(now.timestamp()), MINUTE)
    try:
        number = _count_in_redis(f"{KEY_PREFIX}{name}:{minute}")
    except redis.RedisError as error:
        log.warning("redis away, counting in this process", error=repr(error))
        number = _count_in_process(name, minute)
    return MINUTE - second if number > most else 0


def _count_in_redis(key: str) -> int:
    pipeline = realtime_redis.redis_client().pipeline()
    pipeline.incr(key)
    pipeline.expire(key, 2 * MINUTE)
    return int(pipeline.execute()[0])


def _count_in_process(name: str, minute: int) -> int:
    for old in [key for key in _process_counts if key[1] != minute]:
        del _process_counts[old]
    _process_counts[name, minute] += 1
    return _process_counts[name, minute]
