"""Share the cache's connections between all threads of a process.

Django makes a cache for each thread, with a pool of its own whose connection stays open until it
is garbage collected. Under ASGI nearly every request has its own thread.
"""

import functools
from collections.abc import Callable
from typing import Any

import redis


class SharedPool(redis.ConnectionPool):
    """The cache's `pool_class`. redis-py's pool notices a fork by itself."""

    @classmethod
    def from_url(cls, url: str, **options: Any) -> redis.ConnectionPool:  # type: ignore[override]
        return _make_pool(url, frozenset(options.items()))


@functools.cache
def _make_pool(url: str, options: frozenset[tuple[str, Any]]) -> redis.ConnectionPool:
    make: Callable[..., redis.ConnectionPool] = redis.ConnectionPool.from_url
    return make(url, **dict(options))
