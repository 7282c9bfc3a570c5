"""End the sockets of a process while the database is away: wait a moment, say so, close.

Without it nothing can be recorded, so nothing can be told, and a socket that stays open would look
live. A restart of the database ends no socket. Those sent away come back over many seconds, and
keep their position; whoever comes too early is sent away again.
"""

import random
import time
from typing import Final

import structlog

from realtime.counters import counts

log = structlog.get_logger(__name__)

MESSAGE: Final = "The database is away."
GRACE_SECONDS: Final = 4.0  # a restart takes less
LEAST_DELAY, SPREAD_SECONDS = 3.0, 7.0
RETURNS_PER_SECOND: Final = 200  # each return costs a handshake, and most will be in vain


class BlindSweeps:
    """The sweeps of a hub that could not read the database, one after the other."""

    def __init__(self) -> None:
        self._since: float | None = None

    def note_failure(self, error: Exception) -> None:
        counts.sweep_failures += 1
        if self._since is None:
            log.warning("sweep cannot read the database", error=str(error))
            self._since = time.monotonic()

    def note_success(self) -> None:
        self._since = None

    @property
    def are_too_many(self) -> bool:
        return self._since is not None and time.monotonic() - self._since > GRACE_SECONDS


def draw_delay(sockets: int = 0) -> float:
    """Return the seconds after which one of so many sockets that are sent away may come back."""
    spread = max(SPREAD_SECONDS, sockets / RETURNS_PER_SECOND)
    return LEAST_DELAY + random.uniform(0, spread)  # noqa: S311 (no secret)
