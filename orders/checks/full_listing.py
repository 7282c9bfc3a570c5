"""Schedule full lists of open orders: only they show what was placed at the exchange itself.

A full list is expensive, so it has a budget of its own, and keys with a working stream wait longer.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache

from exchanges.models import ExchangeKey
from exchanges.streams import leases

STREAM_FACTOR: Final = 12  # how much longer the interval is when a key's stream works
BATCH: Final = 200
CACHE_TIME: Final = timedelta(days=2)


def take_batch(*, now: datetime) -> list[ExchangeKey]:
    """Take the next keys to list. A key whose listing fails moves behind all others."""
    batch = list_due_keys(now=now)[:BATCH]
    cache.set_many({_attempt_name(key): now for key in batch}, timeout=CACHE_TIME.total_seconds())
    return batch


def list_due_keys(*, now: datetime) -> list[ExchangeKey]:
    """Return the keys due for a full list: never listed ones first, then the longest waiting."""
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
    """Have this key listed as soon as the budget allows."""
    cache.delete(_cache_name(key))


def _choose_interval(key: ExchangeKey, now: datetime) -> timedelta:
    interval = timedelta(seconds=settings.SURVEY_SECONDS)
    return interval * (STREAM_FACTOR if leases.is_complete(key, now=now) else 1)


def _cache_name(key: ExchangeKey) -> str:
    return f"survey:{key.pk}"


def _attempt_name(key: ExchangeKey) -> str:
    return f"survey:tried:{key.pk}"
