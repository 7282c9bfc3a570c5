"""Claim messages of the outbox and note what became of them: its only writer after the insert.

1. `claim_batch` leases some due messages of a way, so that no other worker takes them.
2. `begin_sending` marks one as begun, just before it is sent. Of a message that is begun and whose
   lease is over, nobody knows whether it arrived: its worker died. It is sent again, as a repeat.
3. `note_result` saves the outcome and clears the mark.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from operations.models import NotificationWay, OutboxMessage
from operations.notifications.sending.results import SendOutcome, SendResult

BATCH: Final = 10
# Seconds before each further attempt; then the message is given up, after about 28 hours.
RETRIES: Final = (5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 36_000)
JITTER: Final = 0.2  # so that all of an outage do not come back at once
LONGEST_PAUSE: Final = 600.0
LONGEST_PAUSE_OF_ANSWERING: Final = 60.0
FAILURES_TO_PAUSE: Final = 5  # in a row, of whatever kind
MINUTE: Final = timedelta(minutes=1)
WAITING: Final = OutboxMessage.OutboxStatus.WAITING
UNSENT: Final = (WAITING, OutboxMessage.OutboxStatus.COLLECTED)


def list_due_ways(now: datetime) -> list[tuple[int, bool]]:
    """Return the ways that have something to send, and whether each failed last time."""
    due = _due_messages(now).filter(way=OuterRef("pk"))
    ways = _open_ways(now).filter(Exists(due)).order_by(F("last_sent_at").asc(nulls_first=True))
    return [(pk, failures > 0) for pk, failures in ways.values_list("pk", "failures")]


def claim_batch(way_id: int, now: datetime) -> Sequence[OutboxMessage]:
    """Lease the next messages of a way, as many as its rate allows; none if others are at it."""
    with transaction.atomic():
        way = _open_ways(now).filter(pk=way_id).select_for_update(skip_locked=True).first()
        if way is None:
            return []
        most = min(BATCH, _count_allowance(way, now))
        due = _due_messages(now).filter(way=way_id).order_by("due_at", "id")
        messages = list(due.select_for_update(skip_locked=True)[:most])
        if messages:
            lease = now + timedelta(seconds=settings.NOTIFICATION_LEASE_SECONDS)
            ids = [message.pk for message in messages]
            OutboxMessage.objects.filter(pk__in=ids).update(leased_until=lease)
            way.minute_count += len(messages)
            way.save(update_fields=["minute_began_at", "minute_count"])
    for message in messages:
        message.leased_until, message.way = lease, way
    return messages


def begin_sending(message: OutboxMessage, now: datetime) -> bool:
    """Mark a message as begun and renew its lease; false if the lease was lost meanwhile."""
    lease = now + timedelta(seconds=settings.NOTIFICATION_LEASE_SECONDS)
    own = OutboxMessage.objects.filter(
        pk=message.pk, status=WAITING, leased_until=message.leased_until
    )
    if message.leased_until is None or message.leased_until <= now:
        return False
    if not own.update(leased_until=lease, began_at=now, attempts=F("attempts") + 1):
        return False
    message.leased_until = lease
    message.attempts += 1
    return True


def release_messages(messages: Sequence[OutboxMessage]) -> None:
    """Give back what was leased and is not sent now."""
    for message in messages:
        OutboxMessage.objects.filter(
            pk=message.pk, status=WAITING, leased_until=message.leased_until
        ).update(leased_until=None)


def note_result(message: OutboxMessage, result: SendResult, now: datetime) -> bool:
    """Save the outcome of an attempt; return whether the way can take more now."""
    fields = _describe_message(message, result, now)
    own = OutboxMessage.objects.filter(
        pk=message.pk, status=WAITING, leased_until=message.leased_until
    )
    with transaction.atomic():
        way = NotificationWay.objects.select_for_update().filter(pk=message.way_id).first()
        if way is None or not own.update(**fields):
            return way is not None  # its way was removed, or another worker took it over
        if result.outcome is SendOutcome.SENT:
            way.failures, way.last_error, way.last_sent_at, way.paused_until = 0, "", now, None
        else:
            _note_failure(way, result, now)
        way.save(
            update_fields=[
                *("failures", "last_error", "last_sent_at", "paused_until"),
                *("is_active", "off_reason"),
            ]
        )
        if not way.is_active:
            bury_waiting(way, now=now)
    return way.is_active and (way.paused_until is None or way.paused_until <= now)


def bury_left_over(*, now: datetime) -> None:
    """Give up messages that were put into the outbox at the moment their way was switched off."""
    left = OutboxMessage.objects.filter(way=OuterRef("pk"), status__in=UNSENT)
    for way in NotificationWay.objects.filter(Exists(left), is_active=False):
        bury_waiting(way, now=now)


def bury_waiting(way: NotificationWay, *, now: datetime) -> None:
    """Give up what waits for a way that is off; its owner sees it and can send it again."""
    left = OutboxMessage.objects.filter(way=way, status__in=UNSENT)
    left.update(
        status=OutboxMessage.OutboxStatus.DEAD,
        done_at=now,
        leased_until=None,
        last_error=(way.last_error or "The way is switched off.")[:200],
    )


def _describe_message(
    message: OutboxMessage, result: SendResult, now: datetime
) -> dict[str, object]:
    if result.outcome is SendOutcome.SENT:
        sent = OutboxMessage.OutboxStatus.SENT
        return {"status": sent, "done_at": now, "leased_until": None, "last_error": ""}
    fields = {
        "leased_until": None,
        # An earlier attempt that may have arrived makes every later one a repeat.
        "began_at": message.began_at or (now if result.may_have_arrived else None),
        "last_error": result.words[:200],
    }
    is_last = message.attempts > len(RETRIES)
    if is_last or result.outcome in (SendOutcome.IMPOSSIBLE, SendOutcome.GONE):
        return {**fields, "status": OutboxMessage.OutboxStatus.DEAD, "done_at": now}
    seconds = _spread(RETRIES[max(message.attempts, 1) - 1])
    return {**fields, "due_at": now + timedelta(seconds=max(seconds, result.retry_after or 0.0))}


def _note_failure(way: NotificationWay, result: SendResult, now: datetime) -> None:
    way.failures += 1
    way.last_error = result.words[:200]
    if result.outcome is SendOutcome.GONE:
        way.is_active, way.off_reason = False, result.words[:200]
        return
    if result.outcome is SendOutcome.UNREACHABLE:
        doublings, most = way.failures - 1, LONGEST_PAUSE
    elif way.failures >= FAILURES_TO_PAUSE:  # it answers, so it may take the next one
        doublings, most = way.failures - FAILURES_TO_PAUSE, LONGEST_PAUSE_OF_ANSWERING
    else:
        return
    seconds = result.retry_after or _spread(min(RETRIES[0] * 2.0 ** min(doublings, 10), most))
    way.paused_until = now + timedelta(seconds=seconds)


def _count_allowance(way: NotificationWay, now: datetime) -> int:
    """Return how many more this way may send in its minute, which begins anew if it is over."""
    if way.minute_began_at is None or not way.minute_began_at <= now < way.minute_began_at + MINUTE:
        way.minute_began_at, way.minute_count = now, 0
    return max(0, int(settings.NOTIFICATION_RATES[way.kind]) - way.minute_count)


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (no secret)


def _open_ways(now: datetime) -> QuerySet[NotificationWay]:
    return NotificationWay.objects.filter(
        Q(paused_until=None) | Q(paused_until__lte=now), is_active=True, user__is_active=True
    )


def _due_messages(now: datetime) -> QuerySet[OutboxMessage]:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return OutboxMessage.objects.filter(free, status=WAITING, due_at__lte=now)
