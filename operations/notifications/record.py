"""The only writer of notifications: messages to a user that can be marked as read."""

from datetime import datetime

from django.db.models import QuerySet

from operations.models import MessageLevel, Notification
from realtime import streams
from realtime.shapes.events import NotificationData
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
        notification = Notification.objects.create(
            user_id=user_id, level=level, title=title, message=message, link=link, created_at=now
        )
        _add_event(unit, notification)
    return notification


def mark_read(notification_id: int, *, user_id: int, now: datetime) -> Notification:
    """Mark a notification as read; a second time changes nothing."""
    with streams.unit() as unit:
        own = Notification.objects.select_for_update(of=("self",)).filter(user=user_id)
        notification = own.get(pk=notification_id)
        if notification.read_at is None:
            _set_read(unit, notification, now)
    return notification


def mark_all_read(user_id: int, *, now: datetime) -> int:
    """Mark all as read, in batches as each gets its own event; return how many were unread."""
    total = 0
    while count := _mark_batch_read(user_id, now):
        total += count
    return total


def unread_notifications(user_id: int) -> QuerySet[Notification]:
    return Notification.objects.filter(user=user_id, read_at=None)


def notification_data(notification: Notification) -> NotificationData:
    return NotificationData(
        id=notification.pk,
        level=notification.level,  # type: ignore[typeddict-item]  # a database constraint holds it to MessageLevel
        title=notification.title,
        message=notification.message,
        link=notification.link,
        created_at=format_time(notification.created_at),
        read_at=format_time(notification.read_at) if notification.read_at else None,
    )


def _mark_batch_read(user_id: int, now: datetime) -> int:
    with streams.unit() as unit:
        waiting = unread_notifications(user_id).select_for_update().filter(created_at__lte=now)
        batch = list(waiting.order_by("id")[:BATCH])
        for notification in batch:
            _set_read(unit, notification, now)
    return len(batch)


def _set_read(unit: streams.Unit, notification: Notification, now: datetime) -> None:
    notification.read_at = now
    notification.save(update_fields=["read_at"])
    _add_event(unit, notification)


def _add_event(unit: streams.Unit, notification: Notification) -> None:
    unit.event(
        user_id=notification.user_id, type="notification", data=notification_data(notification)
    )
