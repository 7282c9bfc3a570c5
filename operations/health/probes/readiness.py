"""Say if this process can serve: for containers and balancers, in about a second at most."""

import threading
import time
from typing import Final

from operations.health.probes import round_trips
from operations.health.probes.round_trips import PartSilent

FRESH_SECONDS: Final = 1.0  # anybody may ask, so an answer is used again for so long
OK: Final = "ok"

_lock = threading.Lock()
_last: tuple[float, dict[str, str]] | None = None


def find_readiness() -> dict[str, str]:
    """Return "ok" or what is wrong, for the database, its migrations and Redis."""
    global _last
    with _lock:
        if _last is None or time.monotonic() - _last[0] > FRESH_SECONDS:
            _last = None  # a check that raises leaves nothing behind
            checks = _run_checks()
            _last = time.monotonic(), checks
        return _last[1]


def _run_checks() -> dict[str, str]:
    """Ask both at once, so that two frozen servers take one second, not two."""
    found: dict[str, str] = {}
    thread = threading.Thread(target=_check_redis, args=[found], daemon=True)
    thread.start()
    database = _check_database()
    thread.join()
    return database | found


def _check_database() -> dict[str, str]:
    try:
        answer = round_trips.ask_database()
    except PartSilent as error:
        return {"database": str(error), "migrations": "not known"}
    missing = answer.missing_migrations
    return {"database": OK, "migrations": f"{missing} not applied" if missing else OK}


def _check_redis(found: dict[str, str]) -> None:
    try:
        round_trips.ask_redis()
        found["redis"] = OK
    except PartSilent as error:
        found["redis"] = str(error)
