"""The only writer of notifications: messages to a user that can be marked as read.

`tell_user` is what everything calls that has something to say: it writes the notification and puts
the message into the outbox, in the transaction of the caller.
"""

from datetime import datetime

from django.db.models import QuerySet

from operations.models import MessageLevel, Notification, NotificationCategory
from operations.notifications import outbox
from operations.notifications.outbox import MessageText
from operations.notifications.preferences import read_preferences
from realtime import streams
from realtime.shapes.events import NotificationData
from realtime.values import format_time, format_time_or_none

BATCH = 500


def tell_user(
    *,
    user_id: int,
    category: NotificationCategory,
    cause: str,
    title: str,
    message: str = "",
    link: str = "",
    level: MessageLevel = MessageLevel.INFO,
    is_listed: bool = True,
    now: datetime,
) -> None:
    """Tell a user something once: in the application and by each way, as they prefer.

    `cause` names what happened, and is unique for the user: the same cause again does nothing.
    Without `is_listed` only the ways are told, as the application shows it elsewhere.
    """
    text = MessageText(
        category=category, cause=cause, title=title, message=message, link=link, level=level
    )
    with streams.unit() as unit:
        preferences = read_preferences(user_id)
        if is_listed and category in preferences.in_app:
            _create_once(unit, user_id, text, now)
        outbox.put_messages(user_id, text, preferences, now=now)


def notify(
    *,
    user_id: int,
    title: str,
    message: str = "",
    level: MessageLevel = MessageLevel.INFO,
    link: str = "",
    category: NotificationCategory = NotificationCategory.OPERATIONS,
    now: datetime,
) -> Notification:
    """Write a notification that no preference hides, and tell the ways that want its category."""
    with streams.unit() as unit:
        notification = Notification.objects.create(
            user_id=user_id,
            level=level,
            title=title,
            message=message,
            link=link,
            category=category,
            created_at=now,
        )
        _add_event(unit, notification)
        text = MessageText(
            category=category,
            cause=f"notification:{notification.pk}",
            title=title,
            message=message,
            link=link,
            level=level,
        )
        outbox.put_messages(user_id, text, read_preferences(user_id), now=now)
    return notification


def _create_once(unit: streams.Unit, user_id: int, text: MessageText, now: datetime) -> None:
    notification, is_new = Notification.objects.get_or_create(
        user_id=user_id,
        cause=text.cause,
        defaults={
            "level": text.level,
            "title": text.title[:120],
            "message": text.message,
            "link": text.link,
            "category": text.category,
            "created_at": now,
        },
    )
    if is_new:
        _add_event(unit, notification)


def mark_read(notification_id: int, *, user_id: int, now: datetime) -> Notification:
    """Mark a notification as read; a second time changes nothing."""
    with streams.unit() as unit:
        own = Notification.objects.select_for_update(of=("self",)).filter(user=user_id)
        notification = own.get(pk=notification_id)
        if notification.read_at is None:
            _set_read(unit, notification, now)
    return notification


def dismiss(notification_id: int, *, user_id: int, now: datetime) -> Notification:
    """Take a notification off the list, read or not; a second time changes nothing."""
    with streams.unit() as unit:
        own = Notification.objects.select_for_update(of=("self",)).filter(user=user_id)
        notification = own.get(pk=notification_id)
        if notification.dismissed_at is None:
            notification.dismissed_at = now
            notification.read_at = notification.read_at or now
            notification.save(update_fields=["dismissed_at", "read_at"])
            _add_event(unit, notification)
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
        read_at=format_time_or_none(notification.read_at),
        category=notification.category,  # type: ignore[typeddict-item]  # and to its categories
        dismissed_at=format_time_or_none(notification.dismissed_at),
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
