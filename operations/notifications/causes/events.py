"""Read each user's events, by the numbers of their stream, for what is worth a message.

The apps that write events know nothing of notifications. A cursor for each user moves in the
transaction of the messages, so an event is read once; and its cause is unique all the same.
"""

from datetime import datetime
from typing import Final

from django.db import connection

from operations.models import NotificationCursor, NotificationWay
from operations.notifications.causes.event_texts import WRITERS, write_text
from operations.notifications.preferences import read_preferences
from operations.notifications.record import tell_user
from realtime import streams
from realtime.models import Event, Stream
from users.languages.recipient import speak_to
from users.models import User

BATCH: Final = 500  # numbers of a stream at once
USERS: Final = 1000  # in one run; the next one goes on
NOT_LISTED: Final = frozenset({"system"})  # the application shows it to everybody already
BEHIND: Final = """
SELECT stream.user_id FROM realtime_stream AS stream
LEFT JOIN operations_notificationcursor AS cursor ON cursor.user_id = stream.user_id
WHERE stream.seq > coalesce(cursor.seq, 0) LIMIT %s
"""


def tell_of_events(*, now: datetime) -> int:
    """Tell what happened since the last run; return how many messages there were."""
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [USERS])
        user_ids = [user_id for (user_id,) in cursor.fetchall()]
    return sum(_read_user(user_id, now) for user_id in user_ids)


def _read_user(user_id: int, now: datetime) -> int:
    told = 0
    while (count := _read_batch(user_id, now)) is not None:
        told += count
    return told


def _read_batch(user_id: int, now: datetime) -> int | None:
    """Read the next events; None when there are no more, or another worker is at it."""
    NotificationCursor.objects.get_or_create(user_id=user_id)
    with streams.unit():
        cursors = NotificationCursor.objects.filter(user=user_id)
        cursor = cursors.select_for_update(skip_locked=True).first()
        stream = Stream.objects.filter(user=user_id).first()
        if cursor is None or stream is None or cursor.seq >= stream.seq:
            return None
        begin, end = max(cursor.seq, stream.floor), min(stream.seq, cursor.seq + BATCH)
        wanted = _list_wanted(user_id)
        events = Event.objects.filter(
            user=user_id, seq__gt=begin, seq__lte=max(end, begin), type__in=WRITERS
        )
        with speak_to(User.objects.get(pk=user_id)):
            told = [_tell_event(event, wanted, now) for event in events.order_by("seq")]
        cursor.seq = max(end, begin)
        cursor.save(update_fields=["seq"])
    return sum(told)


def _tell_event(event: Event, wanted: set[str], now: datetime) -> bool:
    text = write_text(event.type, event.data)
    if text is None or text.category not in wanted:
        return False
    tell_user(
        user_id=event.user_id,
        category=text.category,
        cause=text.cause,
        title=text.title,
        message=text.message,
        link=text.link,
        level=text.level,
        is_listed=event.type not in NOT_LISTED,
        now=now,
    )
    return True


def _list_wanted(user_id: int) -> set[str]:
    """Return the categories that reach this user at all; most events are of none."""
    ways = NotificationWay.objects.filter(user=user_id, is_active=True)
    chosen = ways.values_list("categories", flat=True)
    return {*read_preferences(user_id).in_app, *(name for names in chosen for name in names)}
