"""Each process's long-lived Redis clients, for what processes keep and count together there."""

import functools
import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.redis_setup.cache import ImpatientRedis

CLIENT_SECONDS = 1.0  # the sockets go on without Redis, so they do not wait for it
SCRIPT_SECONDS = 5.0  # venues' limits are counted there, so workers do


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
