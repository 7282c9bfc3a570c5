"""One answer from a worker to the web request that waits for it."""

import json
from typing import Any, Final, cast

import redis
from django.conf import settings

KEPT_SECONDS: Final = 60
QUEUE_DOWN: Final = "The task queue cannot be reached; nothing was asked. Is Redis running?"


def give(name: str, answer: dict[str, Any]) -> None:
    with _client(timeout=5) as client:
        pipeline = client.pipeline()
        pipeline.rpush(_place(name), json.dumps(answer))
        pipeline.expire(_place(name), KEPT_SECONDS)
        pipeline.execute()


def wait(name: str, *, seconds: float) -> dict[str, Any] | None:
    """The answer as soon as it is there, or None when nobody gave one in time."""
    with _client(timeout=seconds + 5) as client:
        found = cast(list[bytes] | None, client.blpop([_place(name)], timeout=seconds))
    return json.loads(found[1]) if found else None


def _client(*, timeout: float) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=timeout)


def _place(name: str) -> str:
    return f"fillwatch:reply:{name}"
