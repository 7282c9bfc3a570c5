"""A venue that told us to wait is left alone by whoever it told, until the wait is over."""

from datetime import datetime

import structlog
from django.core.cache import cache

from exchanges.base import Throttled
from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)


def note(key: ExchangeKey, wait: Throttled, *, now: datetime) -> None:
    """Everyone behind our address waits; or this key alone, where the venue counts by key."""
    seconds = (wait.until - now).total_seconds()
    if seconds <= 0:
        return
    name = _venue(key) if wait.everyone else _key(key)
    cache.set(name, wait.until.isoformat(), timeout=seconds)
    who = {} if wait.everyone else {"key": key.pk}
    log.error("frozen", venue=key.venue, until=wait.until.isoformat(), words=str(wait), **who)


def until(key: ExchangeKey, *, now: datetime) -> datetime | None:
    """The end of the wait, or None when the venue may be asked."""
    said = cache.get_many([_venue(key), _key(key)]).values()
    end = max(map(datetime.fromisoformat, said), default=now)
    return end if end > now else None


def _venue(key: ExchangeKey) -> str:
    return f"freeze:{key.venue}:{key.market}:{'paper' if key.is_paper else 'live'}"


def _key(key: ExchangeKey) -> str:
    return f"freeze:key:{key.pk}"
