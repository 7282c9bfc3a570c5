"""The only writer of alerts: one begins, may change its text while it lasts, and ends."""

from datetime import datetime
from typing import Final, TypedDict

from django.db.models import QuerySet

from operations.models import Alert, AlertLevel, MessageLevel, NotificationCategory
from operations.notifications.record import tell_user
from realtime import streams
from realtime.shapes.events import AlertData
from realtime.values import format_time

LEVELS: Final = {AlertLevel.WARNING: MessageLevel.WARNING, AlertLevel.CRITICAL: MessageLevel.ERROR}


class AlertText(TypedDict):
    """The text of an alert; a new text for the same trouble replaces it."""

    level: AlertLevel
    title: str
    message: str
    link: str


def begin_alert(
    *,
    user_id: int,
    name: str,
    title: str,
    message: str = "",
    level: AlertLevel = AlertLevel.WARNING,
    link: str = "",
    now: datetime,
) -> Alert:
    """Begin the one open alert of this name, or update it; add an event if its text is new."""
    text = AlertText(level=level, title=title, message=message, link=link)
    with streams.unit() as unit:
        alert, fresh = Alert.objects.select_for_update(of=("self",)).get_or_create(
            user_id=user_id, name=name, ended_at=None, defaults={**text, "began_at": now}
        )
        was_critical = alert.level == AlertLevel.CRITICAL
        if fresh or _update_text(alert, text):
            _add_event(unit, alert)
            if fresh or (level == AlertLevel.CRITICAL and not was_critical):
                _tell_ways(alert, f"alert:{alert.pk}:{level}", now)
    return alert


def end_alert(*, user_id: int, name: str, now: datetime) -> bool:
    """End the alert of this name; return whether one was open."""
    with streams.unit() as unit:
        alert = open_alerts(user_id).select_for_update().filter(name=name).first()
        if alert is None:
            return False
        alert.ended_at = now
        alert.save(update_fields=["ended_at"])
        _add_event(unit, alert)
        _tell_ways(alert, f"alert:{alert.pk}:ended", now)
    return True


def mark_read(alert_id: int, *, user_id: int, now: datetime) -> Alert:
    """Hide the alert's bar: its owner has seen it. The alert lasts until it ends."""
    with streams.unit() as unit:
        own = Alert.objects.select_for_update(of=("self",)).filter(user=user_id)
        alert = own.get(pk=alert_id)
        if alert.read_at is None:
            alert.read_at = now
            alert.save(update_fields=["read_at"])
            _add_event(unit, alert)
    return alert


def open_alerts(user_id: int) -> QuerySet[Alert]:
    return Alert.objects.filter(user=user_id, ended_at=None)


def alert_text(alert: Alert) -> AlertText:
    return AlertText(
        level=AlertLevel(alert.level), title=alert.title, message=alert.message, link=alert.link
    )


def alert_data(alert: Alert) -> AlertData:
    return AlertData(
        id=alert.pk,
        name=alert.name,
        level=alert.level,  # type: ignore[typeddict-item]  # a database constraint holds it to AlertLevel
        title=alert.title,
        message=alert.message,
        link=alert.link,
        began_at=format_time(alert.began_at),
        read_at=format_time(alert.read_at) if alert.read_at else None,
        ended_at=format_time(alert.ended_at) if alert.ended_at else None,
    )


def _update_text(alert: Alert, text: AlertText) -> bool:
    """Save a new text and show the bar again, also to an owner who hid the old one."""
    if alert_text(alert) == text:
        return False
    alert.level, alert.title = text["level"], text["title"]
    alert.message, alert.link, alert.read_at = text["message"], text["link"], None
    alert.save(update_fields=[*text, "read_at"])
    return True


def _tell_ways(alert: Alert, cause: str, now: datetime) -> None:
    """Tell the ways outside the application, which shows alerts by itself."""
    level = MessageLevel.SUCCESS if alert.ended_at else LEVELS[AlertLevel(alert.level)]
    title = f"Over: {alert.title}"[:120] if alert.ended_at else alert.title
    tell_user(
        user_id=alert.user_id,
        category=find_category(alert.name),
        cause=cause,
        title=title,
        message=alert.message,
        link=alert.link,
        level=level,
        is_listed=False,
        now=now,
    )


def find_category(name: str) -> NotificationCategory:
    """Return the category under which an alert of this name is told."""
    return NotificationCategory.KEYS if name.startswith("key:") else NotificationCategory.ALERTS


def _add_event(unit: streams.Unit, alert: Alert) -> None:
    unit.event(user_id=alert.user_id, type="alert", data=alert_data(alert))
