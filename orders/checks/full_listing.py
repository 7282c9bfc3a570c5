"""When a key's whole lists were last read: only they show what was placed at the exchange itself.

Each reading is dear, so it comes out of a budget of its own, and where a stream tells, seldom.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache

from exchanges.models import ExchangeKey
from exchanges.streams import leases

TOLD_BY_STREAM: Final = 12  # so many times longer is the interval of a key whose stream tells
AT_ONCE: Final = 200
KEPT: Final = timedelta(days=2)


def take(*, now: datetime) -> list[ExchangeKey]:
    """Some of those whose turn it is. Whom that does not help goes behind all others."""
    taken = due(now=now)[:AT_ONCE]
    cache.set_many({_tried(key): now for key in taken}, timeout=KEPT.total_seconds())
    return taken


def due(*, now: datetime) -> list[ExchangeKey]:
    """Whose turn it is; whoever waited longest first, and before them those never looked over."""
    keys = ExchangeKey.objects.filter(is_active=True).select_related("stream").order_by("pk")
    known = {_name(key): key for key in keys}
    last = {known[name]: at for name, at in cache.get_many(known).items()}
    ready = [key for key in keys if key not in last or last[key] + _every(key, now) <= now]
    tried = cache.get_many([_tried(key) for key in ready])
    times = {key: (last.get(key), tried.get(_tried(key))) for key in ready}
    latest = {key: max(at for at in both if at) for key, both in times.items() if any(both)}
    return sorted(ready, key=lambda key: (key in latest, latest.get(key, now)))


def of(key_id: int) -> list[ExchangeKey]:
    return list(ExchangeKey.objects.select_related("stream").filter(pk=key_id))


def note(key: ExchangeKey, *, now: datetime) -> None:
    cache.set(_name(key), now, timeout=KEPT.total_seconds())


def want(key: ExchangeKey) -> None:
    """As soon as the budget allows."""
    cache.delete(_name(key))


def _every(key: ExchangeKey, now: datetime) -> timedelta:
    interval = timedelta(seconds=settings.SURVEY_SECONDS)
    return interval * (TOLD_BY_STREAM if leases.tells(key, now=now) else 1)


def _name(key: ExchangeKey) -> str:
    return f"survey:{key.pk}"


def _tried(key: ExchangeKey) -> str:
    return f"survey:tried:{key.pk}"
