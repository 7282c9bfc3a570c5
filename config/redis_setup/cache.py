"""The cache, which gives up soon while Redis is away: a page that waits for it is no page."""

import time
from typing import Any, Final

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.retry import Retry

ANSWER_SECONDS: Final = 1.0
AWAY_SECONDS: Final = 2.0  # so long after a time-out nothing is asked
# Once: an idle connection may have been cut.
OPTIONS: Final = {
    "socket_timeout": ANSWER_SECONDS,
    "socket_connect_timeout": ANSWER_SECONDS,
    "retry": Retry(NoBackoff(), 1),
}

_away_until = 0.0


class ImpatientRedis(redis.Redis):
    """A client that fails at once for a moment after the server gave no answer.

    A server that stands still costs each command its time-out, and a page has several. This costs
    one of them now and then; a server that refuses connections costs nothing anyway.
    """

    def execute_command(self, *args: Any, **options: Any) -> Any:
        global _away_until
        if time.monotonic() < _away_until:
            raise redis.ConnectionError("Redis gave no answer a moment ago")
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except redis.TimeoutError:
            _away_until = time.monotonic() + AWAY_SECONDS
            raise


class ImpatientCacheClient(RedisCacheClient):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._client = ImpatientRedis


class ImpatientCache(RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ImpatientCacheClient
