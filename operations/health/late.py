"""Records of health while no worker makes them, so that the history tells of outages too.

A thread of each web process looks now and then. While beat, worker or Redis are down, one of them
records what a web process can find out: all but what only the worker's own check asks.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from operations.health import history, judge, present
from operations.health.service_status import ServiceStatus

log = structlog.get_logger(__name__)

LATE: Final = timedelta(seconds=judge.CHECK_SECONDS)  # after the last check of a worker
EVERY: Final = timedelta(seconds=25)  # a bit less than the time between two looks
LOCK: Final = 0x6865616C7468  # "health", read as a number


def start_recording() -> Callable[[], None]:
    """Look in a thread until the function that this returns is called."""
    ended = threading.Event()
    if (seconds := settings.HEALTH_LATE_SECONDS) > 0:
        threading.Thread(
            target=_record_repeatedly, args=[ended, seconds], daemon=True, name="late health"
        ).start()
    return ended.set


def _record_repeatedly(ended: threading.Event, seconds: float) -> None:
    while not ended.wait(seconds):
        try:
            record_if_late(timezone.now())
        except DatabaseError as error:  # nothing can be recorded then
            log.info("late health not recorded", error=str(error))
        except Exception:  # whatever fails, the next round may succeed
            log.exception("late health not recorded")
        finally:
            connection.close()


def record_if_late(now: datetime) -> bool:
    """Ask and record all services, if no worker has done so for long; say if it was recorded."""
    return _is_late(now) and record_services(present.read_services(now), now=now)


def record_services(services: Sequence[ServiceStatus], *, now: datetime) -> bool:
    """Record what a web process found, unless another one just did."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        (is_ours,) = cursor.fetchone()
        if not is_ours or not _is_late(now):
            return False
        history.record_check(services, at=now)
    return True


def _is_late(now: datetime) -> bool:
    by_worker, by_anybody = history.find_last_worker_check(), history.find_last_check()
    return by_worker < now - LATE and by_anybody < now - EVERY
