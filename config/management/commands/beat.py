"""`manage.py beat`: run Celery beat in exactly one process of the installation."""

import logging
import os
import threading
import time
from typing import Any

import psycopg
from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections

from config import beat_scheduler
from operations.jobs import beat_lock

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
WATCH_SECONDS = 2.0


class Command(BaseCommand):
    help = "Run Celery beat; wait while another one does, and take over when it dies."

    def handle(self, *args: Any, **options: Any) -> None:
        connection = _open_connection()
        _take_lock(connection)
        threading.Thread(target=_watch_lock, args=[connection], daemon=True).start()
        current_app.Beat(loglevel="INFO", quiet=True).run()


def _open_connection() -> "psycopg.Connection[Any]":
    """Open a separate connection: the lock is held as long as it lives."""
    parameters = connections.create_connection(DEFAULT_DB_ALIAS).get_connection_params()
    return psycopg.connect(**parameters, autocommit=True)


def _take_lock(connection: "psycopg.Connection[Any]") -> None:
    if not _try_lock(connection):
        log.info("another beat runs; waiting to take over")
        while not _try_lock(connection):
            time.sleep(RETRY_SECONDS)
    log.info("this beat starts the jobs")


def _try_lock(connection: "psycopg.Connection[Any]") -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [beat_lock.LOCK]).fetchone()
    return bool(row and row[0])


def _watch_lock(connection: "psycopg.Connection[Any]") -> None:
    """End this process when the connection is lost, for another beat may have the lock by then.

    Likewise when it hangs: as long as it lives it keeps the lock from those that would work.
    """
    while True:
        time.sleep(WATCH_SECONDS)
        try:
            connection.execute("SELECT 1")
        except psycopg.Error:
            log.critical("lost the beat lock, ending; the process manager starts a new one")
            os._exit(1)
        if beat_scheduler.seconds_since_tick() > settings.BEAT_HANG_SECONDS:
            log.critical("beat hangs, ending; the process manager starts a new one")
            os._exit(1)
