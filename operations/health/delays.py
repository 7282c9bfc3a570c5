"""Find out what of a user's data is late though their socket is live: "Binance is not followed".

Each web process asks this by itself, every few seconds, of all users who are connected to it.
While nothing is late, that costs two short queries and two requests to Redis.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import redis
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from exchanges import venues
from exchanges.models import ExchangeKey, StreamState
from exchanges.streams.leases import LASTS
from operations.health.judge_processes import SILENT_SECONDS
from orders.checks import last_sweep
from realtime.metrics import heartbeat
from realtime.shapes.notes import DelayData
from realtime.values import format_time
from users.models import KeyGrant

NOT_FOLLOWED: Final = Q(stream=None) | Q(stream__expires_at=None) | Q(stream__expires_at__lte=Now())
NOT_OPEN: Final = Q(
    stream__state__in=[StreamState.IDLE, StreamState.CONNECTING, StreamState.WAITING]
)
_seen_since: dict[str, datetime] = {}  # by this process, where nothing else knows since when


def find_delays(user_ids: Collection[int]) -> dict[int, list[DelayData]]:
    """Return what is late for each of these users; users for whom all keeps up have no entry."""
    now = timezone.now()
    found: dict[int, list[DelayData]] = {}
    shared = _find_processing_delays(now)
    if shared:
        for user_id in _select_traders(user_ids):
            found.setdefault(user_id, []).extend(shared)
    for user_id, delays in _find_stream_delays(user_ids, now).items():
        found.setdefault(user_id, []).extend(delays)
    return found


def _select_traders(user_ids: Collection[int]) -> set[int]:
    """Select the users who see an active key: nothing is checked or sent for the others."""
    owners = ExchangeKey.objects.filter(is_active=True, user__in=user_ids)
    grants = KeyGrant.objects.filter(
        key__is_active=True, member__in=user_ids, accepted_at__isnull=False
    )
    members = grants.values_list("member", flat=True)
    return {*owners.values_list("user", flat=True), *(user or 0 for user in members)}


# Worker and checks


def _find_processing_delays(now: datetime) -> list[DelayData]:
    """Find what is late for everybody: orders that nobody sends, or nobody checks."""
    try:
        workers = [one for one in heartbeat.read_heartbeats() if one.role == "worker"]
    except redis.RedisError:
        since = _note_since("redis", now)
        words = "orders are neither sent nor checked"
        return _list_if_late("redis", since, words, now)
    _seen_since.pop("redis", None)
    delays = []
    if not any(worker.age <= SILENT_SECONDS for worker in workers):
        ages = [timedelta(seconds=worker.age) for worker in workers]
        since = now - min(ages) if ages else _note_since("worker", now)
        delays += _list_if_late("worker", since, "orders are not sent to the venues", now)
    else:
        _seen_since.pop("worker", None)
    return delays + _find_check_delay(now)


def _find_check_delay(now: datetime) -> list[DelayData]:
    words = "orders are not checked"
    last = last_sweep.read_last_sweep()
    if last is None:
        return _list_if_late("checks", _note_since("checks", now), words, now)
    _seen_since.pop("checks", None)
    if not last_sweep.find_delay(last, now=now):
        return []
    return _list_if_late("checks", last, words, now)


# Streams


def _find_stream_delays(user_ids: Collection[int], now: datetime) -> dict[int, list[DelayData]]:
    """Find the venues that are not followed, for all who see a key there."""
    keys = ExchangeKey.objects.filter(NOT_FOLLOWED | NOT_OPEN, is_active=True)
    late_keys = list(keys.select_related("stream"))
    _forget_followed({f"key {key.pk}" for key in late_keys})
    since = {key.pk: _find_stream_since(key, now) for key in late_keys}
    late = {key.pk: key for key in late_keys if _is_late(since[key.pk], now)}
    found: dict[int, dict[str, tuple[datetime, str]]] = {}
    for user_id, key in _list_seers(late, user_ids):
        about = f"stream {key.venue_market}"
        known = found.setdefault(user_id, {}).get(about)
        began = min(since[key.pk], known[0]) if known else since[key.pk]
        found[user_id][about] = began, _describe_stream(key)
    return {
        user_id: [delay for about, row in rows.items() for delay in _build_delay(about, *row)]
        for user_id, rows in found.items()
    }


def _list_seers(
    late: dict[int, ExchangeKey], user_ids: Collection[int]
) -> list[tuple[int, ExchangeKey]]:
    """List each of these users with each late key that they own or that is shared with them."""
    wanted = set(user_ids)
    seers = [(key.user_id, key) for key in late.values() if key.user_id in wanted]
    if late:
        grants = KeyGrant.objects.filter(key__in=late, accepted_at__isnull=False)
        for key_id, member_id in grants.values_list("key", "member"):
            if member_id in wanted:
                seers.append((member_id or 0, late[key_id]))
    return seers


def _find_stream_since(key: ExchangeKey, now: datetime) -> datetime:
    """Return since when nobody follows the key: its lease ran out, or this process saw it first."""
    lease = getattr(key, "stream", None)
    if lease is not None and lease.expires_at is not None and lease.expires_at <= now:
        expired: datetime = lease.expires_at - LASTS
        return expired
    return _note_since(f"key {key.pk}", now)


def _describe_stream(key: ExchangeKey) -> str:
    simulated = " (simulated)" if key.is_paper else ""
    return f"{venues.get(key.venue).label} {key.market}{simulated} is not followed"


# What this process remembers


def _note_since(name: str, now: datetime) -> datetime:
    return _seen_since.setdefault(name, now)


def _forget_followed(late: set[str]) -> None:
    for name in [name for name in _seen_since if name.startswith("key ") and name not in late]:
        _seen_since.pop(name, None)


def _list_if_late(about: str, since: datetime, words: str, now: datetime) -> list[DelayData]:
    return _build_delay(about, since, words) if _is_late(since, now) else []


def _is_late(since: datetime, now: datetime) -> bool:
    return now - since >= timedelta(seconds=settings.DELAY_SECONDS)


def _build_delay(about: str, since: datetime, words: str) -> list[DelayData]:
    return [DelayData(about=about, late=True, since=format_time(since), words=words)]
