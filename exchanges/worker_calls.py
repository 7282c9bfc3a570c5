"""Run a task in a worker, and wait for its result: the web cannot open secrets or load ccxt."""

import json
import uuid
from typing import Any, Final, cast

import redis
import structlog
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from rest_framework import status
from rest_framework.exceptions import APIException

from users.http import release_connections
from users.rest import REASON

log = structlog.get_logger(__name__)

RESULT_SECONDS: Final = 60  # a result that nobody has read by then is dropped
QUEUE_DOWN: Final = "The task queue cannot be reached; nothing was asked. Is Redis running?"
NO_WORKER: Final = "No worker answered in time: is one running?"


class CallError(Exception):
    """A call to a worker, or through it to a venue, that did not succeed."""


class CallUnsupported(CallError):
    """This key or its venue has nothing of the kind, so nothing was asked."""


class CallRefused(CallError):
    """The venue said no."""


class CallUnavailable(CallError):
    """The queue or the venue could not be asked; a later call may succeed."""


class CallTimeout(CallError):
    """The task was sent, and no worker answered in time: its outcome is not known."""


STATUSES: Final = {
    CallUnsupported: status.HTTP_409_CONFLICT,
    CallRefused: status.HTTP_409_CONFLICT,
    CallUnavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
    CallTimeout: status.HTTP_504_GATEWAY_TIMEOUT,
}
RESPONSES: Final = dict.fromkeys((404, 409, 429, 503, 504), REASON)


class CallFailed(APIException):
    """The API's answer to a CallError. 409: never, 503: later, 504: nobody has answered yet."""

    def __init__(self, error: CallError) -> None:
        super().__init__(str(error), code=type(error).__name__)
        self.status_code = STATUSES[type(error)]


# What a worker may raise for its caller, by the name in the result.
RAISED_BY_WORKER: Final = {error.__name__: error for error in (CallRefused, CallUnavailable)}


def queue_task(task: str, *args: int | str, countdown: float | None = None) -> None:
    """Send a task whose result nobody waits for. A queue that is down is logged, not raised."""
    try:
        current_app.send_task(task, args=args, retry=False, countdown=countdown)
    except OperationalError as error:
        log.warning("task not queued", task=task, args=args, error=str(error))


def call_worker(
    task: str,
    *args: int | str,
    seconds: float,
    if_late: str,
    expires: float = RESULT_SECONDS,
) -> dict[str, Any]:
    """Send a task and return its result, or raise a CallError with a message for the user.

    The task gets one more argument: the name under which it sends its result. `if_late` tells
    the user what becomes of a task that no worker has answered in time.
    """
    result_name = uuid.uuid4().hex
    release_connections()
    try:
        current_app.send_task(task, args=[*args, result_name], expires=expires, retry=False)
        result = _wait_for_result(result_name, seconds=seconds)
    except (OperationalError, RedisError):
        raise CallUnavailable(QUEUE_DOWN) from None
    if result is None:
        raise CallTimeout(f"{NO_WORKER} {if_late}")
    if error := RAISED_BY_WORKER.get(result.get("error", "")):
        raise error(result["message"])
    return result


def send_result(name: str, result: dict[str, Any]) -> None:
    """Send a task's result to the process that waits for it."""
    with _connect_redis(timeout=5) as client:
        pipeline = client.pipeline()
        pipeline.rpush(_list_name(name), json.dumps(result))
        pipeline.expire(_list_name(name), RESULT_SECONDS)
        pipeline.execute()


def send_error(name: str, error: CallError) -> None:
    """Raise this error in the process that waits for the task's result."""
    send_result(name, {"error": type(error).__name__, "message": str(error)})


def _wait_for_result(name: str, *, seconds: float) -> dict[str, Any] | None:
    with _connect_redis(timeout=seconds + 5) as client:
        popped = cast(list[bytes] | None, client.blpop([_list_name(name)], timeout=seconds))
    return json.loads(popped[1]) if popped else None


def _connect_redis(*, timeout: float) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=timeout)


def _list_name(name: str) -> str:
    return f"fillwatch:reply:{name}"
