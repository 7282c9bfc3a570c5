"""Asking a worker to test a key, from a process that cannot open its secret."""

import uuid
from typing import Any, Final

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from exchanges import worker_calls

log = structlog.get_logger(__name__)

TASK: Final = "exchanges.test_key"
NO_WORKER: Final = (
    "No worker answered in time: is one running? The key is tested as soon as one takes the job."
)


class NoAnswer(Exception):
    """Why there is none, in words."""


def and_wait(key_id: int, *, seconds: float) -> dict[str, Any]:
    name = uuid.uuid4().hex
    try:
        _send(key_id, name, expires=worker_calls.KEPT_SECONDS)
        answer = worker_calls.wait(name, seconds=seconds)
    except (OperationalError, RedisError):
        raise NoAnswer(worker_calls.QUEUE_DOWN) from None
    if answer is None:
        raise NoAnswer(NO_WORKER)
    return answer


def soon(key_id: int) -> None:
    """A wish, not a promise: the answer comes as an event."""
    try:
        _send(key_id)
    except OperationalError:
        log.warning("key_test_not_queued", key=key_id)


def _send(*arguments: int | str, expires: float | None = None) -> None:
    current_app.send_task(TASK, args=arguments, expires=expires, retry=False)
