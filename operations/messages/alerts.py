"""The only writer of alerts: each begins once, is told of while it lasts, and ends."""

from datetime import datetime
from typing import TypedDict

from django.db.models import QuerySet

from operations.models import Alert, AlertLevel
from realtime import streams
from realtime.shapes import AlertData
from realtime.values import format_time


class Words(TypedDict):
    """What an alert says; other words of the same trouble replace them."""

    level: AlertLevel
    title: str
    message: str
    link: str


def begin(
    *,
    user_id: int,
    name: str,
    title: str,
    message: str = "",
    level: AlertLevel = AlertLevel.WARNING,
    link: str = "",
    now: datetime,
) -> Alert:
    """The one open alert of this name; when it says something new its user is told, else not."""
    words = Words(level=level, title=title, message=message, link=link)
    with streams.unit() as unit:
        alert, fresh = Alert.objects.select_for_update(of=("self",)).get_or_create(
            user_id=user_id, name=name, ended_at=None, defaults={**words, "began_at": now}
        )
        if fresh or _reword(alert, words):
            _tell(unit, alert)
    return alert


def end(*, user_id: int, name: str, now: datetime) -> bool:
    """It is well again; says whether there was an open one."""
    with streams.unit() as unit:
        alert = open_of(user_id).select_for_update().filter(name=name).first()
        if alert is None:
            return False
        alert.ended_at = now
        alert.save(update_fields=["ended_at"])
        _tell(unit, alert)
    return True


def read(alert_id: int, *, user_id: int, now: datetime) -> Alert:
    """Its owner has seen it and need not be shown it again; it lasts all the same."""
    with streams.unit() as unit:
        mine = Alert.objects.select_for_update(of=("self",)).filter(user=user_id)
        alert = mine.get(pk=alert_id)
        if alert.read_at is None:
            alert.read_at = now
            alert.save(update_fields=["read_at"])
            _tell(unit, alert)
    return alert


def open_of(user_id: int) -> QuerySet[Alert]:
    return Alert.objects.filter(user=user_id, ended_at=None)


def words_of(alert: Alert) -> Words:
    return Words(
        level=AlertLevel(alert.level), title=alert.title, message=alert.message, link=alert.link
    )


def alert_data(alert: Alert) -> AlertData:
    return AlertData(
        id=alert.pk,
        name=alert.name,
        level=alert.level,  # type: ignore[typeddict-item]  # held to Gravity by the database
        title=alert.title,
        message=alert.message,
        link=alert.link,
        began_at=format_time(alert.began_at),
        read_at=format_time(alert.read_at) if alert.read_at else None,
        ended_at=format_time(alert.ended_at) if alert.ended_at else None,
    )


def _reword(alert: Alert, words: Words) -> bool:
    """A worse or another trouble is to be seen again, even by who has read of the old one."""
    if words_of(alert) == words:
        return False
    alert.level, alert.title = words["level"], words["title"]
    alert.message, alert.link, alert.read_at = words["message"], words["link"], None
    alert.save(update_fields=[*words, "read_at"])
    return True


def _tell(unit: streams.Unit, alert: Alert) -> None:
    unit.event(user_id=alert.user_id, type="alert", data=alert_data(alert))
