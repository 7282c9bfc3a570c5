"""Leases in the database: which stream process follows which key, by the database's clock.

A process says every few seconds that it lives, and prolongs what it holds. Of keys that nobody
holds it takes up to its fair share; what it holds beyond that, or may not follow any more, it
first stops following and then gives back. A dead process's leases run out, and others take them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from exchanges import payloads
from exchanges.models import ExchangeKey, StreamLease, StreamProcess, StreamState
from realtime import publish
from users.sharing.rows import list_members

LASTS: Final = timedelta(seconds=10)
TURN_SECONDS: Final = 2.0  # how often a process looks; a dead one's keys move within 12 s
TAKEN_AT_ONCE: Final = 500  # so that a turn never takes as long as its leases last
NEWS: Final = frozenset({"state", "restarts", "last_error", "last_reconcile_at"})
NOTED_AT_ONCE: Final = 200
HEARD: Final = {"last_message_at"}
# Nobody hears a stream in these states: `silent_since` says since when.
NOT_OPEN: Final = frozenset({StreamState.IDLE, StreamState.CONNECTING, StreamState.WAITING})
IS_FREE: Final = Q(expires_at=None) | Q(expires_at__lte=Now())


@dataclass(frozen=True, slots=True)
class HeldLeases:
    """The keys that this process holds, and how many of them exceed its share."""

    keys: tuple[ExchangeKey, ...]
    surplus: int


def take_turn(holder: str) -> HeldLeases:
    """Renew our leases and take free ones up to our share, each in a short transaction."""
    _renew_process(holder)
    _open_leases()
    leases = _own_leases(holder).filter(key__is_active=True)
    leases.update(expires_at=Now() + LASTS)
    share = _count_share()
    held_count = leases.count()
    if held_count < share:
        _take_free(holder, min(share - held_count, TAKEN_AT_ONCE))
    keys = ExchangeKey.objects.select_related("stream", "switch").filter(
        is_active=True, stream__holder=holder, stream__expires_at__gt=Now()
    )
    return HeldLeases(tuple(keys.order_by("pk")), max(held_count - share, 0))


def release_keys(holder: str, key_ids: Collection[int]) -> None:
    """Release leases after following has ended."""
    leases = StreamLease.objects.filter(holder=holder, key__in=key_ids)
    ended = list(leases.values_list("key_id", flat=True))
    StreamLease.objects.filter(holder=holder, key__in=key_ids).update(
        holder="",
        expires_at=None,
        state=StreamState.IDLE,
        connected_since=None,
        silent_since=Coalesce("silent_since", Now()),
    )
    _publish_leases(ended)


def note_activation(key_id: int) -> None:
    """Count the silence of a key's stream from now on: before, nobody was meant to hear it."""
    StreamLease.objects.filter(key=key_id, state__in=NOT_OPEN).update(silent_since=Now())


def leave_process(holder: str) -> None:
    """Release everything at the end of this process, so that others need not wait for expiry."""
    key_ids = StreamLease.objects.filter(holder=holder).values_list("key_id", flat=True)
    release_keys(holder, list(key_ids))
    StreamProcess.objects.filter(name=holder).delete()


def note_all(holder: str, facts: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """Record the states of many streams, and return the keys that we still hold.

    That something was heard is written for all at once: it is most of what there is to say.
    """
    message_times = {
        pk: fact["last_message_at"] for pk, fact in facts.items() if fact.keys() == HEARD
    }
    rest = [pk for pk in facts if pk not in message_times]
    with transaction.atomic():
        noted = {pk for pk in rest[:NOTED_AT_ONCE] if _update_lease(holder, pk, facts[pk])}
        news = [pk for pk in noted if facts[pk].keys() & NEWS]
        transaction.on_commit(lambda: _publish_leases(news))
        return noted | _note_heard(holder, message_times)


def _update_lease(holder: str, key_id: int, facts: Mapping[str, Any]) -> bool:
    more: dict[str, Any] = {}
    if "state" in facts:
        is_silent = facts["state"] in NOT_OPEN
        more["silent_since"] = Coalesce("silent_since", Now()) if is_silent else None
    return bool(_own_leases(holder).filter(key=key_id).update(**facts, **more))


def _note_heard(holder: str, message_times: Mapping[int, datetime]) -> set[int]:
    if not message_times:
        return set()
    held_ids = set(
        _own_leases(holder).filter(key__in=message_times).values_list("key_id", flat=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {StreamLease._meta.db_table} SET last_message_at = heard.at "  # noqa: S608
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS heard(key_id, at) "
            f"WHERE {StreamLease._meta.db_table}.key_id = heard.key_id",
            [list(held_ids), [message_times[pk] for pk in held_ids]],
        )
    return held_ids


def is_followed(key: ExchangeKey, *, now: datetime) -> bool:
    """Return True if one of our processes follows the stream, or is about to."""
    return StreamLease.objects.filter(key=key, expires_at__gt=now).exclude(holder="").exists()


def is_complete(key: ExchangeKey, *, now: datetime) -> bool:
    """Return True if the stream is followed, open, and reconciled since it opened."""
    lease: StreamLease | None = getattr(key, "stream", None)
    if lease is None or lease.state != StreamState.LIVE or lease.expires_at is None:
        return False
    opened, reconciled = lease.connected_since, lease.last_reconcile_at
    return (
        lease.expires_at > now
        and opened is not None
        and reconciled is not None
        and reconciled >= opened
    )


def _publish_leases(key_ids: Collection[int]) -> None:
    """Publish the streams' states as unnumbered frames: only the newest state counts."""
    now, members = timezone.now(), list_members(key_ids)
    for lease in StreamLease.objects.filter(key__in=key_ids).select_related("key"):
        data = payloads.stream_data(lease, now=now)
        about = str(lease.key_id)
        for user_id in (lease.key.user_id, *members.get(lease.key_id, ())):
            publish.notify_user(user_id=user_id, type="stream_state", data=data, about=about)


def _own_leases(holder: str) -> Any:
    return StreamLease.objects.filter(holder=holder, expires_at__gt=Now())


def _renew_process(holder: str) -> None:
    StreamProcess.objects.filter(alive_until__lte=Now()).exclude(name=holder).delete()
    StreamProcess.objects.update_or_create(name=holder, defaults={"alive_until": Now() + LASTS})


def _open_leases() -> None:
    """Create the missing lease rows; of several processes the first one does it."""
    without = ExchangeKey.objects.filter(is_active=True, stream=None).values_list("pk", flat=True)
    StreamLease.objects.bulk_create(
        [StreamLease(key_id=pk, silent_since=timezone.now()) for pk in without],
        ignore_conflicts=True,
    )


def _count_share() -> int:
    """Return our share of the keys, rounded up so that all are held."""
    alive = StreamProcess.objects.filter(alive_until__gt=Now()).count()
    key_count = ExchangeKey.objects.filter(is_active=True).count()
    return -(-key_count // max(alive, 1))


def _take_free(holder: str, limit: int) -> None:
    """Take free leases, skipping those that another process is taking right now.

    Our own lease that ran out was nobody else's meanwhile: its stream goes on as it was.
    """
    ours = Q(holder=holder)
    with transaction.atomic():
        free = StreamLease.objects.filter(IS_FREE, key__is_active=True).order_by("key_id")
        locked = free.select_for_update(skip_locked=True, of=("self",))[:limit]
        StreamLease.objects.filter(key__in=[lease.key_id for lease in locked]).update(
            holder=holder,
            expires_at=Now() + LASTS,
            state=Case(When(ours, then=F("state")), default=Value(StreamState.CONNECTING)),
            connected_since=Case(When(ours, then=F("connected_since")), default=None),
            silent_since=Case(
                When(ours, then=F("silent_since")),
                default=Coalesce("silent_since", "expires_at", Now()),
            ),
        )
