"""`manage.py beat`: run Celery beat in exactly one process of the installation."""

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from config import beat_scheduler
from operations.jobs import beat_lock
from realtime.metrics import life_sign, snapshot
from users.commands import CommandWithExamples

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
WATCH_SECONDS = 2.0


EXAMPLES = """
  manage.py beat                     until it is stopped; start a second one on another machine

Exit code 0: it was stopped; anything else: it died, so have it started again.
"""


class Command(CommandWithExamples):
    help = (
        "Run Celery beat. A second one waits, and takes over when the first ends, dies or hangs. "
        "`manage.py jobs status` says which one is active."
    )
    examples = EXAMPLES

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _end_orderly)  # Celery sets its own when it is loaded
        life_sign.start_in_thread()
        lease = _wait_for_lease()
        log.info("this beat starts the jobs")
        try:
            beat_scheduler.ProtectedScheduler.lease = lease
            threading.Thread(target=_watch_ticks, daemon=True).start()
            snapshot.SummaryWriter(beat_scheduler.seconds_since_tick).start()
            current_app.Beat(loglevel="INFO", quiet=True).run()
        finally:
            with suppress(DatabaseError):
                beat_lock.release_lease(lease)


def _end_orderly(*_: object) -> None:
    sys.exit(0)


def _wait_for_lease() -> str:
    is_told = False
    while True:
        try:
            if lease := beat_lock.take_lease():
                return lease
        except DatabaseError as error:  # it restarts: wait for it as for the other beat
            log.warning("the lease cannot be read: %s", error)
            close_old_connections()
        else:
            if not is_told:
                log.info("another beat runs; waiting to take over")
            is_told = True
        time.sleep(RETRY_SECONDS)


def _watch_ticks() -> None:
    """End this process when it hangs: the process manager starts one that works."""
    while True:
        time.sleep(WATCH_SECONDS)
        if beat_scheduler.seconds_since_tick() > settings.BEAT_HANG_SECONDS:
            log.critical("beat hangs, ending; the process manager starts a new one")
            os._exit(1)
