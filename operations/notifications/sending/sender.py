"""Send what is due, each way in a thread of its own, so that a slow one delays no other.

Ways that failed or were slow last time share fewer threads than the others: however many of them
hang, those that work have their threads. A task of Celery only starts this, and waits for nothing.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection
from django.utils import timezone

from operations.notifications.sending import claims
from operations.notifications.sending.deliver import deliver

log = structlog.get_logger(__name__)

THREADS: Final = 6
THREADS_OF_SLOW: Final = 3
SLOW: Final = timedelta(seconds=3)  # for one message
TURN: Final = timedelta(seconds=10)  # then others have the thread
Clock = Callable[[], datetime]
_lock = threading.Lock()
_at_work: set[int] = set()
_slow_ways: set[int] = set()
_pools: dict[bool, ThreadPoolExecutor] = {}


def start_sending(*, now: datetime) -> int:
    """Begin to send for each way that has something due and no thread yet; return for how many."""
    claims.bury_left_over(now=now)
    return sum(_start_way(way_id, failing) for way_id, failing in claims.list_due_ways(now))


def send_due(*, now: datetime, clock: Clock = timezone.now) -> int:
    """Send all that is due in this thread, for tests and commands; return how many were tried."""
    return sum(send_for_way(way_id, clock=clock) for way_id, _ in claims.list_due_ways(now))


def send_for_way(way_id: int, *, clock: Clock = timezone.now) -> int:
    """Send by one way until nothing is left, it fails, or its turn is over; return the attempts."""
    tried, turn_ends = 0, clock() + TURN
    while clock() < turn_ends and (messages := claims.claim_batch(way_id, clock())):
        for place, message in enumerate(messages):
            began = clock()
            if not claims.begin_sending(message, began):
                continue
            tried += 1
            result = deliver(message, now=began)
            ended = clock()
            _note_speed(way_id, ended - began)
            if not claims.note_result(message, result, ended):
                claims.release_messages(messages[place + 1 :])
                return tried
    return tried


def _start_way(way_id: int, is_failing: bool) -> bool:
    with _lock:
        if way_id in _at_work:
            return False
        _at_work.add(way_id)
        pool = _find_pool(is_failing or way_id in _slow_ways)
    pool.submit(_send_in_thread, way_id)
    return True


def _send_in_thread(way_id: int) -> None:
    try:
        tried = send_for_way(way_id)
    except Exception:  # one way's trouble must not end the thread; the timetable begins again
        log.exception("sending stopped", way=way_id)
        tried = 0
    finally:
        with _lock:
            _at_work.discard(way_id)
    if tried:  # there may be more, at the end of the queue
        start_sending(now=timezone.now())
    connection.close()


def _note_speed(way_id: int, took: timedelta) -> None:
    with _lock:
        if took > SLOW:
            _slow_ways.add(way_id)
        else:
            _slow_ways.discard(way_id)


def _find_pool(is_slow: bool) -> ThreadPoolExecutor:
    """Return the threads for slow ways, or for the others; made when first needed."""
    if is_slow not in _pools:
        threads = THREADS_OF_SLOW if is_slow else THREADS
        _pools[is_slow] = ThreadPoolExecutor(threads, thread_name_prefix="notifications")
    return _pools[is_slow]
