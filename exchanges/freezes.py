"""A venue that told us to wait is left alone by everyone behind our address until it is over."""

from datetime import datetime

import structlog
from django.core.cache import cache

from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)


def freeze(key: ExchangeKey, *, until: datetime, words: str, now: datetime) -> None:
    seconds = (until - now).total_seconds()
    if seconds <= 0:
        return
    cache.set(_name(key), until.isoformat(), timeout=seconds)
    log.error("venue frozen", venue=key.venue, until=until.isoformat(), words=words)


def until(key: ExchangeKey, *, now: datetime) -> datetime | None:
    """The end of the wait, or None when the venue may be asked."""
    said = cache.get(_name(key))
    end = datetime.fromisoformat(said) if said else None
    return end if end and end > now else None


def _name(key: ExchangeKey) -> str:
    return f"freeze:{key.venue}:{key.market}:{'paper' if key.is_paper else 'live'}"
