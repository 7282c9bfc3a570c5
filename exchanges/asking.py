"""Asking a worker to test a key, from a process that cannot open its secret."""

import uuid
from typing import Any, Final

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from exchanges import replies, tasks

log = structlog.get_logger(__name__)

NO_WORKER: Final = (
    "No worker answered in time: is one running? The key is tested as soon as one takes the job."
)


class NoAnswer(Exception):
    """Why there is none, in words."""


def and_wait(key_id: int, *, seconds: float) -> dict[str, Any]:
    name = uuid.uuid4().hex
    try:
        tasks.test_key.apply_async((key_id, name), expires=replies.KEPT_SECONDS, retry=False)
        answer = replies.wait(name, seconds=seconds)
    except (OperationalError, RedisError):
        raise NoAnswer(replies.QUEUE_DOWN) from None
    if answer is None:
        raise NoAnswer(NO_WORKER)
    return answer


def soon(key_id: int) -> None:
    """A wish, not a promise: the answer comes as an event."""
    try:
        tasks.test_key.apply_async((key_id,), retry=False)
    except OperationalError:
        log.warning("key_test_not_queued", key=key_id)
