"""Whether the database is away, as this process knows it: then most requests need not wait for it.

Without it each page would wait for its own time-out, and the threads that wait would pile up. One
request after the other tries again meanwhile, so the end is noticed within about a second.
"""

import threading
import time
from typing import Final

import psycopg
import structlog

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 1.0


LOST_STATES: Final = ("08", "57P")  # connection exceptions, and a server that shuts down or starts


class DatabaseAway(psycopg.OperationalError):
    """The database could not be reached a moment ago, so it was not asked."""


class Outage:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: float | None = None
        self._retry_at = 0.0

    @property
    def is_on(self) -> bool:
        return self._began is not None

    def refuse_attempt(self) -> None:
        """Raise DatabaseAway during an outage, but for one caller in a while, who tries."""
        if self._began is None:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._retry_at:
                raise DatabaseAway("the database gave no answer a moment ago")
            self._retry_at = now + RETRY_SECONDS

    def note_failure(self, error: Exception) -> None:
        with self._lock:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            is_news, self._began = self._began is None, self._began or time.monotonic()
        if is_news:
            log.error("database away", error=" ".join(str(error).split()))

    def note_answer(self) -> None:
        if self._began is None:
            return
        with self._lock:
            began, self._began = self._began, None
        if began is not None:
            log.warning("database back", seconds=round(time.monotonic() - began, 1))


def is_outage(error: BaseException | None) -> bool:
    """Say if an error means that the database is away, not that it refused a statement."""
    while error is not None:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return error.sqlstate is None or error.sqlstate.startswith(LOST_STATES)
        error = error.__cause__
    return False


outage: Final = Outage()  # of this process
