"""Lua that Redis runs as one step: what many processes count together is counted rightly."""

import atexit
from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings


def run(script: str, *, keys: Sequence[str], args: Sequence[float | str]) -> Any:
    return _registered(settings.REDIS_URL, script)(keys=list(keys), args=list(args))


@cache
def _registered(address: str, script: str) -> Any:
    return _client(address).register_script(script)


@cache
def _client(address: str) -> redis.Redis:
    client = redis.Redis.from_url(address, socket_timeout=5)
    atexit.register(client.close)
    return client
