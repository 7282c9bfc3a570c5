"""Which stream process follows which key: leases in the database, by the database's clock.

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
from django.db.models.functions import Now
from django.utils import timezone

from exchanges import payloads
from exchanges.models import ExchangeKey, StreamLease, StreamProcess, StreamState
from realtime import publish

LASTS: Final = timedelta(seconds=10)
TURN_SECONDS: Final = 2.0  # how often a process looks; a dead one's keys move within 12 s
TAKEN_AT_ONCE: Final = 500  # so that a turn never takes as long as its leases last
NEWS: Final = frozenset({"state", "restarts", "last_error", "last_reconcile_at"})
NOTED_AT_ONCE: Final = 200
HEARD: Final = {"last_message_at"}
IS_FREE: Final = Q(expires_at=None) | Q(expires_at__lte=Now())


@dataclass(frozen=True, slots=True)
class HeldLeases:
    """What this process holds now, and how much of that is more than its share."""

    keys: tuple[ExchangeKey, ...]
    surplus: int


def take_turn(holder: str) -> HeldLeases:
    """Prolong, make way, take; short transactions, each right by itself."""
    _renew_process(holder)
    _open_leases()
    mine = _own_leases(holder).filter(key__is_active=True)
    mine.update(expires_at=Now() + LASTS)
    share = _count_share()
    held = mine.count()
    if held < share:
        _take_free(holder, min(share - held, TAKEN_AT_ONCE))
    keys = ExchangeKey.objects.select_related("stream").filter(
        is_active=True, stream__holder=holder, stream__expires_at__gt=Now()
    )
    return HeldLeases(tuple(keys.order_by("pk")), max(held - share, 0))


def release_keys(holder: str, key_ids: Collection[int]) -> None:
    """After the following has ended: anybody may take these at once."""
    mine = StreamLease.objects.filter(holder=holder, key__in=key_ids)
    ended = list(mine.values_list("key_id", flat=True))
    StreamLease.objects.filter(holder=holder, key__in=key_ids).update(
        holder="", expires_at=None, state=StreamState.IDLE, connected_since=None
    )
    _publish_leases(ended)


def leave_process(holder: str) -> None:
    """This process ends: the others share its keys now, not when it is missed."""
    held = StreamLease.objects.filter(holder=holder).values_list("key_id", flat=True)
    release_keys(holder, list(held))
    StreamProcess.objects.filter(name=holder).delete()


def note_one(holder: str, key_id: int, facts: Mapping[str, Any]) -> bool:
    """Write down how a stream fares, if it is still ours to say; tell its owner what is news."""
    return bool(note_all(holder, {key_id: facts}))


def note_all(holder: str, facts: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """The same for many keys; says of which it was ours to say, as far as it got.

    That something was heard is written for all at once: it is most of what there is to say.
    """
    heard = {pk: said["last_message_at"] for pk, said in facts.items() if said.keys() == HEARD}
    rest = [pk for pk in facts if pk not in heard]
    with transaction.atomic():
        noted = {pk for pk in rest[:NOTED_AT_ONCE] if _update_lease(holder, pk, facts[pk])}
        news = [pk for pk in noted if facts[pk].keys() & NEWS]
        transaction.on_commit(lambda: _publish_leases(news))
        return noted | _note_heard(holder, heard)


def _update_lease(holder: str, key_id: int, facts: Mapping[str, Any]) -> bool:
    return bool(_own_leases(holder).filter(key=key_id).update(**facts))


def _note_heard(holder: str, heard: Mapping[int, datetime]) -> set[int]:
    if not heard:
        return set()
    mine = set(_own_leases(holder).filter(key__in=heard).values_list("key_id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {StreamLease._meta.db_table} SET last_message_at = heard.at "  # noqa: S608
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS heard(key_id, at) "
            f"WHERE {StreamLease._meta.db_table}.key_id = heard.key_id",
            [list(mine), [heard[pk] for pk in mine]],
        )
    return mine


def is_complete(key: ExchangeKey, *, now: datetime) -> bool:
    """Whether the key's stream is followed, open, and complete since it opened."""
    lease: StreamLease | None = getattr(key, "stream", None)
    if lease is None or lease.state != StreamState.LIVE or lease.expires_at is None:
        return False
    opened, asked = lease.connected_since, lease.last_reconcile_at
    return lease.expires_at > now and opened is not None and asked is not None and asked >= opened


def _publish_leases(key_ids: Collection[int]) -> None:
    """Without a number: the newest counts, and a page that missed it reads it."""
    now = timezone.now()
    for lease in StreamLease.objects.filter(key__in=key_ids).select_related("key"):
        data = payloads.stream_data(lease, now=now)
        about = str(lease.key_id)
        publish.notify_user(user_id=lease.key.user_id, type="stream_state", data=data, about=about)


def _own_leases(holder: str) -> Any:
    return StreamLease.objects.filter(holder=holder, expires_at__gt=Now())


def _renew_process(holder: str) -> None:
    StreamProcess.objects.filter(alive_until__lte=Now()).exclude(name=holder).delete()
    StreamProcess.objects.update_or_create(name=holder, defaults={"alive_until": Now() + LASTS})


def _open_leases() -> None:
    """A lease for each key that may be followed; whoever is first writes it."""
    without = ExchangeKey.objects.filter(is_active=True, stream=None).values_list("pk", flat=True)
    StreamLease.objects.bulk_create(
        [StreamLease(key_id=pk) for pk in without], ignore_conflicts=True
    )


def _count_share() -> int:
    """Rounded up, so that together they hold all."""
    alive = StreamProcess.objects.filter(alive_until__gt=Now()).count()
    wanted = ExchangeKey.objects.filter(is_active=True).count()
    return -(-wanted // max(alive, 1))


def _take_free(holder: str, most: int) -> None:
    """What another process is taking right now is passed over, not waited for.

    Our own lease that ran out was nobody else's meanwhile: its stream goes on as it was.
    """
    ours = Q(holder=holder)
    with transaction.atomic():
        free = StreamLease.objects.filter(IS_FREE, key__is_active=True).order_by("key_id")
        locked = free.select_for_update(skip_locked=True, of=("self",))[:most]
        StreamLease.objects.filter(key__in=[lease.key_id for lease in locked]).update(
            holder=holder,
            expires_at=Now() + LASTS,
            state=Case(When(ours, then=F("state")), default=Value(StreamState.CONNECTING)),
            connected_since=Case(When(ours, then=F("connected_since")), default=None),
        )
