"""Alert the owner of a key while its venue refuses it.

The apps below know nothing of alerts, so every few seconds the keys with errors are compared with
the open alerts. An alert ends when its key works again or is deleted.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from exchanges.models import ExchangeKey
from operations.alerts import record as alerts
from operations.alerts.record import AlertText
from operations.models import Alert, AlertLevel
from users.languages.recipient import write_for
from users.languages.text import Phrase

NAME_PREFIX = "key:"
AlertTexts = Mapping[tuple[int, str], AlertText]  # by user and name


def update_key_alerts(*, now: datetime) -> None:
    """Begin, update and end alerts where they differ from the keys' errors."""
    keys = ExchangeKey.objects.exclude(last_error="").select_related("user")
    troubles = find_troubles(keys)
    open_texts = texts_by_alert(Alert.objects.filter(name__startswith=NAME_PREFIX, ended_at=None))
    for user_id, name in sorted(open_texts.keys() - troubles.keys()):
        alerts.end_alert(user_id=user_id, name=name, now=now)
    for (user_id, name), text in sorted(troubles.items()):
        if open_texts.get((user_id, name)) != text:
            alerts.begin_alert(user_id=user_id, name=name, now=now, **text)


def find_troubles(keys: Iterable[ExchangeKey]) -> AlertTexts:
    return {(key.user_id, f"{NAME_PREFIX}{key.pk}"): _describe_trouble(key) for key in keys}


def texts_by_alert(open_alerts: Iterable[Alert]) -> AlertTexts:
    return {(alert.user_id, alert.name): alerts.alert_text(alert) for alert in open_alerts}


def _describe_trouble(key: ExchangeKey) -> AlertText:
    values, message = {"key": key.label, "venue": key.venue_label}, Phrase(key.last_error)
    if key.is_active:
        level = AlertLevel.WARNING
        title = Phrase("The key “%(key)s” has trouble at %(venue)s", **values)
    else:
        level = AlertLevel.WARNING if key.is_paper else AlertLevel.CRITICAL
        title = Phrase("The key “%(key)s” at %(venue)s is switched off", **values)
        message = Phrase(
            "%(error)s Its orders are not checked until you switch it on again.", error=message
        )
    return AlertText(
        level=level,
        title=write_for(key.user, title),
        message=write_for(key.user, message),
        link="/keys/",
    )
