"""Hash passwords in a few threads of their own, so that sign-ins do not hold up other requests.

A hash takes a third of a second of a processor. A hundred at once would take all processors, and
each would keep a database connection from the pages.
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from users.http import release_connections

AT_ONCE: Final = max(1, (os.cpu_count() or 1) // 2)
MOST_WAITING = 30  # then further sign-ins are refused: they would wait longer than anybody does
NICENESS: Final = 5  # less, and sign-ins would starve beside busy workers


class WaitingCount:
    """Count the password hashes that are requested and not finished."""

    def __init__(self) -> None:
        self._number, self._lock = 0, threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._number += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._number -= 1

    def read(self) -> int:
        return self._number


_waiting = WaitingCount()


def _lower_priority() -> None:
    """Let this thread yield to all others; only Linux has priorities of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords", initializer=_lower_priority)


class QueuedPasswordHasher(PBKDF2PasswordHasher):
    """Django's usual hash; hashes made without the queue stay valid."""

    def encode(self, password: Any, salt: str, iterations: int | None = None) -> str:
        with _waiting:
            work = _threads.submit(super().encode, password, salt, iterations)
            release_connections()
            return work.result()


def is_busy() -> bool:
    """Tell whether so many hashes wait that no further sign-in should."""
    return _waiting.read() > MOST_WAITING
