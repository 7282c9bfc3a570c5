"""The only writer of notifications: something to read, told at once, gone when it was read."""

from datetime import datetime

from django.db.models import QuerySet

from operations.models import MessageLevel, Notification
from realtime import streams
from realtime.shapes import NotificationData
from realtime.values import format_time

BATCH = 500


def notify(
    *,
    user_id: int,
    title: str,
    message: str = "",
    level: MessageLevel = MessageLevel.INFO,
    link: str = "",
    now: datetime,
) -> Notification:
    with streams.unit() as unit:
        made = Notification.objects.create(
            user_id=user_id, level=level, title=title, message=message, link=link, created_at=now
        )
        _tell(unit, made)
    return made


def read(notification_id: int, *, user_id: int, now: datetime) -> Notification:
    """Its owner has read it; a second time changes nothing."""
    with streams.unit() as unit:
        mine = Notification.objects.select_for_update(of=("self",)).filter(user=user_id)
        one = mine.get(pk=notification_id)
        if one.read_at is None:
            _mark(unit, one, now)
    return one


def read_all(user_id: int, *, now: datetime) -> int:
    """All that are there now; says how many were unread. In parts: each has its own event."""
    done = 0
    while some := _read_some(user_id, now):
        done += some
    return done


def unread_of(user_id: int) -> QuerySet[Notification]:
    return Notification.objects.filter(user=user_id, read_at=None)


def notification_data(one: Notification) -> NotificationData:
    return NotificationData(
        id=one.pk,
        level=one.level,  # type: ignore[typeddict-item]  # held to Level by the database
        title=one.title,
        message=one.message,
        link=one.link,
        created_at=format_time(one.created_at),
        read_at=format_time(one.read_at) if one.read_at else None,
    )


def _read_some(user_id: int, now: datetime) -> int:
    with streams.unit() as unit:
        waiting = unread_of(user_id).select_for_update().filter(created_at__lte=now)
        some = list(waiting.order_by("id")[:BATCH])
        for one in some:
            _mark(unit, one, now)
    return len(some)


def _mark(unit: streams.Unit, one: Notification, now: datetime) -> None:
    one.read_at = now
    one.save(update_fields=["read_at"])
    _tell(unit, one)


def _tell(unit: streams.Unit, one: Notification) -> None:
    unit.event(user_id=one.user_id, type="notification", data=notification_data(one))
