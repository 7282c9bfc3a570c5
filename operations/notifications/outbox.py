"""Put messages into the outbox, in the transaction of their cause. Workers send them.

A row is one message for one way, and unique by way and cause: a cause that is found twice is told
once. What waits for quiet hours or a collection is due later, and goes out as one message.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from operations.models import (
    MessageLevel,
    NotificationCategory,
    NotificationPreferences,
    NotificationWay,
    OutboxMessage,
)
from operations.notifications.preferences import read_quiet_hours

log = structlog.get_logger(__name__)
TASK: Final = "operations.send_outbox"
SENDERS: Final = ("worker", "stream")  # processes that can open the sealed addresses
TASK_EXPIRES: Final = 30.0  # the timetable sends as well


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageText:
    """A message to a person: what happened, where to look, and how bad it is."""

    category: NotificationCategory
    cause: str  # unique for the person: the same cause is told once
    title: str
    message: str = ""
    link: str = ""
    level: MessageLevel = MessageLevel.INFO

    @property
    def is_critical(self) -> bool:
        return self.level == MessageLevel.ERROR


def put_messages(
    user_id: int, text: MessageText, preferences: NotificationPreferences, *, now: datetime
) -> int:
    """Add a message for each way that wants it; return for how many. Call it in a transaction."""
    ways = NotificationWay.objects.filter(
        user=user_id, is_active=True, categories__contains=[text.category]
    )
    rows = list(_make_rows(ways.iterator(), text, preferences, now))
    OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.status == OutboxMessage.OutboxStatus.WAITING for row in rows):
        request_sending()
    return len(rows)


def put_test(way: NotificationWay, *, now: datetime) -> OutboxMessage:
    """Add a test message for a way, due at once."""
    text = MessageText(
        category=NotificationCategory.OPERATIONS,
        cause=f"test:{uuid.uuid4().hex}",
        title=_("Test by Fillwatch"),
        message=_("This is how messages by “%(way)s” look.") % {"way": way.name},
        link="/notifications/settings/",
        level=MessageLevel.SUCCESS,
    )
    with transaction.atomic():
        row = make_row(way, text, now=now)
        row.save(force_insert=True)
        request_sending()
    return row


def make_row(way: NotificationWay, text: MessageText, *, now: datetime) -> OutboxMessage:
    return OutboxMessage(
        user_id=way.user_id,
        way=way,
        cause=text.cause,
        message_id=f"msg_{uuid.uuid4().hex}",
        category=text.category,
        level=text.level,
        title=text.title[:120],
        message=text.message,
        link=text.link,
        created_at=now,
        due_at=now,
    )


def request_sending() -> None:
    """Have the messages sent after the commit, once for a transaction."""
    if not any(entry[1] is _begin_sending for entry in connection.run_on_commit):
        transaction.on_commit(_begin_sending, robust=True)


def _begin_sending() -> None:
    """Send in this process if it can, by threads of its own, else have a worker do it.

    The queue may be what the message is about: away, or long as all workers wait for a venue.
    """
    if settings.FILLWATCH_ROLE in SENDERS:
        from operations.notifications.sending import sender  # it loads what the web has no use for

        sender.start_sending(now=timezone.now())
    else:
        _queue_sending()


def _queue_sending() -> None:
    try:
        current_app.send_task(TASK, retry=False, expires=TASK_EXPIRES)
    except OperationalError as error:
        log.warning("broker unreachable, left to the timetable", task=TASK, error=repr(error))


def _make_rows(
    ways: Iterator[NotificationWay],
    text: MessageText,
    preferences: NotificationPreferences,
    now: datetime,
) -> Iterator[OutboxMessage]:
    hours = None
    for way in ways:
        row = make_row(way, text, now=now)
        # Programs do not sleep; and what is critical is not collected.
        if way.kind != NotificationWay.WayKind.WEBHOOK or way.collect != way.Collect.NEVER:
            hours = hours or read_quiet_hours(preferences)
            later = None if text.is_critical else hours.find_collection(way.collect, now)
            passes = text.is_critical and preferences.critical_passes
            if way.kind != NotificationWay.WayKind.WEBHOOK and not passes:
                later = later or hours.find_end(now)
            if later is not None:
                row.status, row.due_at = OutboxMessage.OutboxStatus.COLLECTED, later
        yield row
