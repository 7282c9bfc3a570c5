"""One long-lived Redis client of each process, for what the real-time parts keep there."""

import functools
import os
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 1.0


def redis_client() -> Any:
    """This process's own: a fork must not share its parent's connections."""
    return _client(os.getpid(), settings.REDIS_URL)


@functools.lru_cache(maxsize=1)
def _client(pid: int, url: str) -> Any:
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),  # once: an idle connection may have been cut
    )
