"""`manage.py beat`: the timetable, in exactly one process of the installation."""

import logging
import os
import threading
import time
from typing import Any

import psycopg
from celery import current_app
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections

from operations.health import beat_lock

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
WATCH_SECONDS = 2.0


class Command(BaseCommand):
    help = "Run Celery beat; wait while another one does, and take over when it dies."

    def handle(self, *args: Any, **options: Any) -> None:
        connection = _connect()
        _take_lock(connection)
        threading.Thread(target=_watch, args=[connection], daemon=True).start()
        current_app.Beat(loglevel="INFO", quiet=True).run()


def _connect() -> "psycopg.Connection[Any]":
    """A connection of our own: the lock is held for as long as it lives."""
    parameters = connections.create_connection(DEFAULT_DB_ALIAS).get_connection_params()
    return psycopg.connect(**parameters, autocommit=True)


def _take_lock(connection: "psycopg.Connection[Any]") -> None:
    if not _try_lock(connection):
        log.info("another beat runs; waiting to take over")
        while not _try_lock(connection):
            time.sleep(RETRY_SECONDS)
    log.info("this beat keeps the timetable")


def _try_lock(connection: "psycopg.Connection[Any]") -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [beat_lock.LOCK]).fetchone()
    return bool(row and row[0])


def _watch(connection: "psycopg.Connection[Any]") -> None:
    """Without its connection the lock is free: end before another beat doubles the work."""
    while True:
        time.sleep(WATCH_SECONDS)
        try:
            connection.execute("SELECT 1")
        except psycopg.Error:
            log.critical("lost the lock on the timetable, ending; the process manager starts anew")
            os._exit(1)
