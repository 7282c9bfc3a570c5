"""Request a refresh of what a key holds, from any process: many requests become one question."""

from typing import Final

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from exchanges import worker_calls

log = structlog.get_logger(__name__)

TASK: Final = "exchanges.refresh_holdings"
DELAY: Final = 2.0  # seconds, in which a working stream tells most of it, and bursts become one
LOST: Final = 60  # seconds after which a task that never began is taken for lost


def request_refresh(key_id: int) -> None:
    """Have a worker ask what the key holds, soon; a request that waits already stands for this."""
    try:
        is_first = cache.add(_mark_name(key_id), 1, timeout=LOST)
    except RedisError as error:  # then the timetable asks, within a minute
        log.warning("holdings not requested", key=key_id, error=str(error))
        return
    if is_first:
        worker_calls.queue_task(TASK, key_id, countdown=DELAY)


def take_request(key_id: int) -> None:
    """Note that the venue is about to be asked: what happens from now on needs a new request."""
    cache.delete(_mark_name(key_id))


def _mark_name(key_id: int) -> str:
    return f"holdings-requested:{key_id}"
