"""Repairs of all processes in the last minutes: sockets that learned of events by the sweep alone.

Each process adds its own to a sum in Redis for the present ten seconds. The counters of
/metrics end with their process; these sums do not.
"""

from datetime import datetime
from typing import Final

from realtime import redis as realtime_redis
from realtime.counters import counts

STEP_SECONDS: Final = 10
KEPT_SECONDS: Final = 1_200
PREFIX: Final = "fillwatch:repairs:"  # and the number of the step since 1970


class RepairSums:
    """Adds what this process repaired since the last time; after a failure it is added later."""

    def __init__(self) -> None:
        self._saved = counts.repairs

    def save(self, now: datetime) -> None:
        repairs = counts.repairs
        if repairs == self._saved:
            return
        name = _name_step(_number_step(now))
        with realtime_redis.redis_client().pipeline() as pipe:
            pipe.incrby(name, repairs - self._saved)
            pipe.expire(name, KEPT_SECONDS)
            pipe.execute()
        self._saved = repairs


def count_repairs(seconds: int, *, now: datetime) -> int:
    """Count those of the last seconds, as whole steps; raise RedisError if nobody can say."""
    last = _number_step(now)
    steps = range(last - seconds // STEP_SECONDS, last + 1)
    values = realtime_redis.redis_client().mget([_name_step(step) for step in steps])
    return sum(int(value) for value in values if value is not None)


def _number_step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _name_step(step: int) -> str:
    return f"{PREFIX}{step}"
