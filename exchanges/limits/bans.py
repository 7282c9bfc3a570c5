"""A venue that told us to wait is left alone by whoever it told, until the wait is over.

Whoever trades there is told when the wait begins, when it grows longer, and when it is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.cache import cache

from exchanges.base import Throttled
from exchanges.limits import venue_status_event
from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)

LINGERS: Final = timedelta(hours=1)  # after its end, for whoever looks next to say that it is over
SAME: Final = timedelta(seconds=2)  # many requests are told of the same wait, each a bit later


@dataclass(frozen=True, slots=True)
class Freeze:
    until: datetime
    words: str


def note(key: ExchangeKey, wait: Throttled, *, now: datetime) -> None:
    """Everyone behind our address waits; or this key alone, where the venue counts by key."""
    if wait.until <= now:
        return
    name = _venue(key) if wait.everyone else _key(key)
    known: Freeze | None = cache.get(name)
    if known and known.until > now and wait.until <= known.until + SAME:
        return
    lasts = wait.until + LINGERS - now
    cache.set(name, Freeze(wait.until, str(wait)), timeout=lasts.total_seconds())
    who = {} if wait.everyone else {"key": key.pk}
    log.error("frozen", venue=key.venue, until=wait.until.isoformat(), words=str(wait), **who)
    if wait.everyone:
        venue_status_event.venue(key, state="frozen", until=wait.until, words=str(wait))


def until(key: ExchangeKey, *, now: datetime) -> datetime | None:
    """The end of the wait, or None when the venue may be asked."""
    found: dict[str, Freeze] = cache.get_many([_venue(key), _key(key)])
    ends = [freeze.until for freeze in found.values() if freeze.until > now]
    for name, freeze in found.items():
        if freeze.until <= now:
            _end(key, name)
    return max(ends, default=None)


def of_venue(key: ExchangeKey, *, now: datetime) -> Freeze | None:
    """What the key's venue told everybody, if that still holds."""
    known: Freeze | None = cache.get(_venue(key))
    return known if known and known.until > now else None


def _end(key: ExchangeKey, name: str) -> None:
    """Whoever takes it away says so: one of all the processes that look."""
    if cache.delete(name):
        log.info("asked again", venue=key.venue, market=key.market)
        if name == _venue(key):
            venue_status_event.venue(key, state="open", until=None, words="")


def _venue(key: ExchangeKey) -> str:
    return f"freeze:{key.venue}:{key.market}:{'paper' if key.is_paper else 'live'}"


def _key(key: ExchangeKey) -> str:
    return f"freeze:key:{key.pk}"
