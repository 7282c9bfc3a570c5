"""Each process's long-lived Redis clients, for what processes keep and count together there."""

import functools
import os
import time
from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

CLIENT_SECONDS = 1.0  # the sockets go on without Redis, so they do not wait for it
SCRIPT_SECONDS = 5.0  # venues' limits are counted there, so workers do
AWAY_SECONDS = 2.0  # so long after a time-out nothing is asked

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


def redis_client() -> Any:
    """Return this process's own client: a fork must not share its parent's connections."""
    return _make_client(os.getpid(), settings.REDIS_URL, CLIENT_SECONDS)


def run_script(script: str, *, keys: Sequence[str], args: Sequence[float | str]) -> Any:
    """Run Lua as one step, so that what many processes count together is counted right."""
    registered = _register_script(os.getpid(), settings.REDIS_URL, script)
    return registered(keys=list(keys), args=list(args))


@functools.lru_cache(maxsize=2)
def _make_client(pid: int, url: str, seconds: float) -> Any:
    return ImpatientRedis.from_url(
        url,
        decode_responses=True,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 1),  # once: an idle connection may have been cut
    )


@functools.cache
def _register_script(pid: int, url: str, script: str) -> Any:
    return _make_client(pid, url, SCRIPT_SECONDS).register_script(script)
