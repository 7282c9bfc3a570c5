"""The cache's connections, shared by all threads of a process.

Django makes a cache for the thread of every request, each with a pool of its own, whose connection
stays open until it is collected as garbage. Under ASGI nearly every request has its own thread.
"""

import functools
from collections.abc import Callable
from typing import Any

import redis


class SharedPool(redis.ConnectionPool):
    """To be named as the cache's `pool_class`. It notices a fork by itself."""

    @classmethod
    def from_url(cls, url: str, **options: Any) -> redis.ConnectionPool:  # type: ignore[override]
        return _pool(url, frozenset(options.items()))


@functools.cache
def _pool(url: str, options: frozenset[tuple[str, Any]]) -> redis.ConnectionPool:
    make: Callable[..., redis.ConnectionPool] = redis.ConnectionPool.from_url
    return make(url, **dict(options))
