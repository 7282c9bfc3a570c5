"""The only writer of alerts: one begins, is acknowledged, may change its text, and ends.

Each step is kept as a row of its history. An alert of a rule keeps the text with which it began.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, TypedDict

from django.db.models import QuerySet

from operations.models import (
    Alert,
    AlertChange,
    AlertLevel,
    AlertRule,
    MessageLevel,
    NotificationCategory,
)
from operations.notifications.record import tell_user
from realtime import streams
from realtime.shapes.events import AlertData
from realtime.values import format_time, format_time_or_none
from users.languages.recipient import write_for
from users.languages.text import Phrase

LEVELS: Final = {AlertLevel.WARNING: MessageLevel.WARNING, AlertLevel.CRITICAL: MessageLevel.ERROR}
LONGEST_TITLE: Final = 120
RULE_PREFIX: Final = "rule:"
Step = AlertChange.Step


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
            _note_step(alert, Step.RAISED if fresh else Step.CHANGED, now)
            _add_event(unit, alert)
            if fresh or (level == AlertLevel.CRITICAL and not was_critical):
                _tell_ways(alert, f"alert:{alert.pk}:{level}", now)
    return alert


def raise_for_rule(
    rule: AlertRule, *, user_id: int, name: str, text: AlertText, cause: str, now: datetime
) -> bool:
    """Raise the alert of a rule's finding; return False if it is open already.

    `cause` is what the outbox knows it by: if a notification told the same, it is told once.
    """
    with streams.unit() as unit:
        alert, fresh = Alert.objects.get_or_create(
            user_id=user_id,
            name=name,
            ended_at=None,
            defaults={
                **text,
                "title": text["title"][:LONGEST_TITLE],
                "rule": rule,
                "began_at": now,
            },
        )
        if fresh:
            _note_step(alert, Step.RAISED, now)
            _add_event(unit, alert)
            _tell_ways(alert, cause or f"alert:{alert.pk}:{alert.level}", now)
    return fresh


def end_alert(*, user_id: int, name: str, now: datetime) -> bool:
    """End the alert of this name; return whether one was open."""
    with streams.unit() as unit:
        alert = open_alerts(user_id).select_for_update(of=("self",)).filter(name=name).first()
        if alert is None:
            return False
        _end_row(unit, alert, now=now, is_told=True)
    return True


def end_cleared(alert_id: int, *, is_told: bool, now: datetime) -> bool:
    """End an alert whose condition holds no more, unless somebody ended it meanwhile."""
    with streams.unit() as unit:
        rows = Alert.objects.select_for_update(of=("self",)).filter(pk=alert_id, ended_at=None)
        alert = rows.first()
        if alert is None:
            return False
        _end_row(unit, alert, now=now, is_told=is_told)
    return True


def mark_clear(alert_ids: Collection[int], *, since: datetime | None) -> None:
    """Note since when the conditions of these open alerts hold no more; None: they hold again."""
    if alert_ids:
        Alert.objects.filter(pk__in=alert_ids, ended_at=None).update(clear_since=since)


def acknowledge(
    alert_id: int, *, user_id: int, by: str, note: str = "", now: datetime
) -> list[Alert]:
    """Note who takes care of an alert, also on the copies of other operators.

    Return the alerts that are acknowledged, the user's own first. The first person counts.
    """
    with streams.unit() as unit:
        copies = _lock_copies(alert_id, user_id)
        for alert in copies:
            if alert.acknowledged_at is None and alert.ended_at is None:
                alert.acknowledged_at, alert.acknowledged_by, alert.note = now, by, note
                alert.read_at = alert.read_at or now
                alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note", "read_at"])
                _note_step(alert, Step.ACKNOWLEDGED, now, by=by, note=note)
                _add_event(unit, alert)
    return copies


def resolve(alert_id: int, *, user_id: int, by: str, note: str = "", now: datetime) -> list[Alert]:
    """End an alert by hand, also the copies of other operators; nobody is told of it.

    While its condition holds, the alert of a rule is raised again after the rule's cooldown.
    """
    with streams.unit() as unit:
        copies = _lock_copies(alert_id, user_id)
        for alert in copies:
            if alert.ended_at is None:
                _end_row(unit, alert, now=now, is_told=False, by=by, note=note)
    return copies


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
        rule=alert.rule_id,
        began_at=format_time(alert.began_at),
        read_at=format_time_or_none(alert.read_at),
        acknowledged_at=format_time_or_none(alert.acknowledged_at),
        acknowledged_by=alert.acknowledged_by,
        note=alert.note,
        ended_at=format_time_or_none(alert.ended_at),
        ended_by=alert.ended_by,
    )


def _lock_copies(alert_id: int, user_id: int) -> list[Alert]:
    """Lock a user's own alert, and with a rule of operators the copies that others have."""
    own = Alert.objects.select_related("rule").get(pk=alert_id, user=user_id)
    rows = Alert.objects.select_for_update(of=("self",)).filter(pk=alert_id)
    if own.rule is not None and own.rule.user_id is None:
        others = Alert.objects.filter(rule=own.rule, name=own.name, ended_at=None)
        rows = Alert.objects.select_for_update(of=("self",)).filter(
            pk__in=[alert_id, *others.values_list("pk", flat=True)]
        )
    locked = rows.order_by("pk")  # always in this order, so that two people do not lock each other
    return sorted(locked, key=lambda alert: alert.pk != alert_id)


def _end_row(
    unit: streams.Unit,
    alert: Alert,
    *,
    now: datetime,
    is_told: bool,
    by: str = "",
    note: str = "",
) -> None:
    alert.ended_at, alert.ended_by = now, by
    alert.save(update_fields=["ended_at", "ended_by"])
    _note_step(alert, Step.RESOLVED, now, by=by, note=note)
    _add_event(unit, alert)
    if is_told:
        _tell_ways(alert, f"alert:{alert.pk}:ended", now)


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
    title = alert.title
    if alert.ended_at:
        title = write_for(alert.user, Phrase("Over: %(title)s", title=title))[:LONGEST_TITLE]
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


def _note_step(
    alert: Alert, step: AlertChange.Step, now: datetime, *, by: str = "", note: str = ""
) -> None:
    AlertChange.objects.create(alert=alert, step=step, by=by, note=note, at=now)


def _add_event(unit: streams.Unit, alert: Alert) -> None:
    unit.event(user_id=alert.user_id, type="alert", data=alert_data(alert))
