"""Evaluate alert rules while no worker does, so that a dead worker, beat or Redis is told of too.

A thread of each stream process looks every few seconds. When the last evaluation is too old, one of
them evaluates the rules and sends what is due: these processes hold the keys of sealed addresses,
as workers do, and need neither the queue nor Redis for it.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from operations.alerts import evaluate
from operations.alerts.rules import defaults
from operations.jobs import record
from operations.jobs.record import RunFacts, RunResult
from operations.notifications.sending import sender

log = structlog.get_logger(__name__)

JOB: Final = "Evaluate alert rules"
LOOK_SECONDS: Final = 5.0
EVERY: Final = timedelta(seconds=10)  # as the timetable has it


def start_standby() -> Callable[[], None]:
    """Look in a thread until the function that this returns is called."""
    ended = threading.Event()
    if settings.ALERT_LATE_SECONDS > 0:
        threading.Thread(
            target=_look_repeatedly, args=[ended], daemon=True, name="alert standby"
        ).start()
    return ended.set


def _look_repeatedly(ended: threading.Event) -> None:
    while not ended.wait(LOOK_SECONDS):
        try:
            evaluate_if_late(now=timezone.now())
        except DatabaseError as error:  # without it there are no rules, and no ways to tell
            log.info("alert rules not looked at", error=str(error))
        except Exception:  # whatever fails, the next round may succeed
            log.exception("late alert rules not evaluated")
        finally:
            connection.close()


def evaluate_if_late(*, now: datetime) -> bool:
    """Evaluate and send if no worker has evaluated for long; return whether that was so."""
    job = PeriodicTask.objects.filter(name=JOB).first()
    if job is None:  # beat never ran here, so there are no rules either
        return False
    late = timedelta(seconds=settings.ALERT_LATE_SECONDS)
    run = record.claim_late_run(job, worker=_name_process(), late=late, every=EVERY, now=now)
    if run is None:
        return False
    began = time.monotonic()
    error = _evaluate_rules(now)
    sender.start_sending(now=timezone.now())  # what was due before
    _record_end(run, now, time.monotonic() - began, error)
    return True


def _evaluate_rules(now: datetime) -> str:
    """Evaluate all rules; return why some could not be, or nothing."""
    try:
        defaults.add_missing(now=now)
        done = evaluate.evaluate_rules(now=now)
    except evaluate.EvaluatorsFailed as error:
        log.warning("alert rules evaluated in a worker's place", error=str(error))
        return str(error)
    log.warning("alert rules evaluated in a worker's place", done=done)
    return ""


def _record_end(run: RunFacts, began_at: datetime, seconds: float, error: str) -> None:
    result = RunResult(
        started_at=began_at,
        finished_at=began_at + timedelta(seconds=seconds),
        seconds=seconds,
        is_failed=bool(error),
        message=error or "Done by a stream process, as no worker did it.",
    )
    record.end_run(run, result)


def _name_process() -> str:
    return f"stream@{socket.gethostname()}:{os.getpid()}"
