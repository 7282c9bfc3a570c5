"""When a key's whole lists were last read: only they show what was placed at the exchange itself.

Each reading is dear, so it comes out of a budget of its own, and where a stream tells, seldom.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache

from exchanges.models import ExchangeKey
from exchanges.streams import leases

STREAM_FACTOR: Final = 12  # so many times longer is the interval of a key whose stream tells
BATCH: Final = 200
CACHE_TIME: Final = timedelta(days=2)


def take_batch(*, now: datetime) -> list[ExchangeKey]:
    """Some of those whose turn it is. Whom that does not help goes behind all others."""
    batch = list_due_keys(now=now)[:BATCH]
    cache.set_many({_attempt_name(key): now for key in batch}, timeout=CACHE_TIME.total_seconds())
    return batch


def list_due_keys(*, now: datetime) -> list[ExchangeKey]:
    """Whose turn it is; whoever waited longest first, and before them those never looked over."""
    keys = ExchangeKey.objects.filter(is_active=True).select_related("stream").order_by("pk")
    known = {_cache_name(key): key for key in keys}
    last = {known[name]: at for name, at in cache.get_many(known).items()}
    ready = [
        key for key in keys if key not in last or last[key] + _choose_interval(key, now) <= now
    ]
    attempts = cache.get_many([_attempt_name(key) for key in ready])
    times = {key: (last.get(key), attempts.get(_attempt_name(key))) for key in ready}
    latest = {
        key: max(at for at in moments if at) for key, moments in times.items() if any(moments)
    }
    return sorted(ready, key=lambda key: (key in latest, latest.get(key, now)))


def load_key(key_id: int) -> list[ExchangeKey]:
    return list(ExchangeKey.objects.select_related("stream").filter(pk=key_id))


def note_listed(key: ExchangeKey, *, now: datetime) -> None:
    cache.set(_cache_name(key), now, timeout=CACHE_TIME.total_seconds())


def request_listing(key: ExchangeKey) -> None:
    """As soon as the budget allows."""
    cache.delete(_cache_name(key))


def _choose_interval(key: ExchangeKey, now: datetime) -> timedelta:
    interval = timedelta(seconds=settings.SURVEY_SECONDS)
    return interval * (STREAM_FACTOR if leases.is_complete(key, now=now) else 1)


def _cache_name(key: ExchangeKey) -> str:
    return f"survey:{key.pk}"


def _attempt_name(key: ExchangeKey) -> str:
    return f"survey:tried:{key.pk}"
