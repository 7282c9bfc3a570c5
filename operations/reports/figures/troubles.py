"""List what went wrong for a user in a period: bots that stopped, alerts, and keys with trouble."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from bots.activity.log import STOP_REASON
from bots.models import LogEntry
from exchanges.models import ExchangeKey
from operations.alerts.key_alerts import NAME_PREFIX
from operations.models import Alert
from operations.reports.periods import ReportPeriod
from realtime.values import format_time, format_time_or_none

STOP: Final = "stopped: "  # how entries of stops begin that are from before there were details
MOST_LISTED: Final = 100
Row = dict[str, Any]


def list_stopped_bots(
    user_id: int, period: ReportPeriod, *, now: datetime
) -> tuple[list[Row] | None, int]:
    """List when and why bots stopped, and count all; None where the log was pruned since."""
    if _is_pruned(period, settings.LOG_DAYS, now):
        return None, 0
    entries = LogEntry.objects.filter(
        Q(details__has_key=STOP_REASON) | Q(message__startswith=STOP),
        user=user_id,
        created_at__gte=period.since,
        created_at__lt=period.until,
    ).select_related("bot")
    rows = [
        {
            "bot": entry.bot_id,
            "name": entry.bot.name if entry.bot else "",
            "at": format_time(entry.created_at),
            "reason": entry.details.get(STOP_REASON) or entry.message.removeprefix(STOP),
            "with_error": entry.level == LogEntry.Level.ERROR,
        }
        for entry in entries.order_by("pk")[:MOST_LISTED]
    ]
    return rows, entries.count()


def list_alerts(
    user_id: int, period: ReportPeriod, *, now: datetime
) -> tuple[list[Row] | None, int]:
    """List the alerts that were raised, and count all; None where they were pruned since."""
    if _is_pruned(period, settings.RECORD_DAYS, now):
        return None, 0
    raised = Alert.objects.filter(
        user=user_id, began_at__gte=period.since, began_at__lt=period.until
    ).exclude(rule__isnull=False, rule__user=None)  # those of operators are in their report
    rows = [_describe_alert(alert) for alert in raised.order_by("began_at", "pk")[:MOST_LISTED]]
    return rows, raised.count()


def list_keys(user_id: int, period: ReportPeriod, *, now: datetime) -> list[Row] | None:
    """List the keys that had trouble at any time of a period, with what was told of it."""
    if _is_pruned(period, settings.RECORD_DAYS, now):
        return None
    in_period = Q(ended_at=None) | Q(ended_at__gte=period.since)
    alerts = Alert.objects.filter(
        in_period, user=user_id, name__startswith=NAME_PREFIX, began_at__lt=period.until
    )
    keys: Mapping[int, ExchangeKey] = ExchangeKey.objects.in_bulk(
        [int(alert.name.removeprefix(NAME_PREFIX)) for alert in alerts]
    )
    rows = []
    for alert in alerts.order_by("began_at", "pk")[:MOST_LISTED]:
        key = keys.get(int(alert.name.removeprefix(NAME_PREFIX)))
        row: Row = {"key": key.pk if key else None, "label": key.label if key else ""}
        rows.append(row | {"message": alert.message} | _describe_alert(alert))
    return rows


def _describe_alert(alert: Alert) -> Row:
    return {
        "title": alert.title,
        "level": alert.level,
        "began_at": format_time(alert.began_at),
        "ended_at": format_time_or_none(alert.ended_at),
    }


def _is_pruned(period: ReportPeriod, days: float, now: datetime) -> bool:
    return period.since < now - timedelta(days=days)
