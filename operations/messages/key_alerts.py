"""A key that its venue refuses is an alert to its owner, for as long as that lasts.

The apps below know nothing of alerts, so a look every few seconds compares what is wrong with what
was told; what became well, or went with its key, ends.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from exchanges.models import ExchangeKey
from operations.messages import alerts
from operations.messages.alerts import Words
from operations.models import Alert, AlertLevel

NAME = "key:"
Troubles = Mapping[tuple[int, str], Words]  # by user and name


def look(*, now: datetime) -> None:
    """Begin, reword and end what differs; the usual look finds nothing to do."""
    wrong = troubles(ExchangeKey.objects.exclude(last_error=""))
    told = told_of(Alert.objects.filter(name__startswith=NAME, ended_at=None))
    for user_id, name in sorted(told.keys() - wrong.keys()):
        alerts.end(user_id=user_id, name=name, now=now)
    for (user_id, name), words in sorted(wrong.items()):
        if told.get((user_id, name)) != words:
            alerts.begin(user_id=user_id, name=name, now=now, **words)


def troubles(keys: Iterable[ExchangeKey]) -> Troubles:
    return {(key.user_id, f"{NAME}{key.pk}"): _words(key) for key in keys}


def told_of(open_ones: Iterable[Alert]) -> Troubles:
    return {(alert.user_id, alert.name): alerts.words_of(alert) for alert in open_ones}


def _words(key: ExchangeKey) -> Words:
    if key.is_active:
        level, title = AlertLevel.WARNING, f"The key “{key.label}” has trouble at {key.venue_label}"
        more = ""
    else:
        level = AlertLevel.WARNING if key.is_paper else AlertLevel.CRITICAL
        title = f"The key “{key.label}” at {key.venue_label} is switched off"
        more = " Its orders are not checked until you switch it on again."
    return Words(level=level, title=title, message=f"{key.last_error}{more}", link="/keys/")
