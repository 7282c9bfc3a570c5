"""Count the events and errors of each day of an installation.

These are kept for some days only, so a weekly report takes each day from the daily report.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Count

from operations.logs.read import SUFFIX, LogFilters, read_entries
from operations.models import PeriodReport, ReportKind
from operations.reports.periods import ReportPeriod
from realtime.models import Event

MOST_ERRORS: Final = 10_000  # counted; above that it is "at least"
Row = dict[str, Any]


def list_days(period: ReportPeriod, *, now: datetime) -> list[Row]:
    """Return each day of a period, the first one first."""
    stored = _read_stored(period) if period.kind == ReportKind.WEEKLY else {}
    number = (period.ends_on - period.starts_on).days + 1
    days = [period.starts_on + timedelta(days=one) for one in range(number)]
    return [stored.get(day) or _measure_day(day, now) for day in days]


def _read_stored(period: ReportPeriod) -> dict[date, Row]:
    """Read the days that daily reports hold."""
    reports = PeriodReport.objects.filter(
        user=None,
        kind=ReportKind.DAILY,
        starts_on__gte=period.starts_on,
        starts_on__lte=period.ends_on,
    )
    return {report.starts_on: report.content["days"][0] for report in reports}


def _measure_day(day: date, now: datetime) -> Row:
    since = datetime.combine(day, time.min, UTC)
    until = since + timedelta(days=1)
    return {
        "on": day.isoformat(),
        **_count_events(since, until, now),
        **_count_errors(since, until),
    }


def _count_events(since: datetime, until: datetime, now: datetime) -> Row:
    if since < now - timedelta(days=settings.REALTIME["KEEP_DAYS"]):
        return {"events": None, "active_users": None}
    events = Event.objects.filter(created_at__gte=since, created_at__lt=until)
    counts = events.aggregate(events=Count("pk"), active_users=Count("user", distinct=True))
    return dict(counts)


def _count_errors(since: datetime, until: datetime) -> Row:
    """Count the errors in the log files of this machine; null where they reach back less far."""
    folder = Path(settings.LOG_FOLDER)
    oldest = _find_oldest_line(folder)
    if oldest is None or oldest > since:
        return {"errors": None, "errors_complete": False}
    filters = LogFilters(level="error", since=since, until=until)
    found = read_entries(folder, filters, limit=MOST_ERRORS)
    return {"errors": len(found.entries), "errors_complete": found.is_complete}


def _find_oldest_line(folder: Path) -> datetime | None:
    """Return the time of the oldest log line that is kept."""
    times = [at for path in folder.glob(f"*{SUFFIX}") if (at := _read_first_time(path))]
    return min(times, default=None)


def _read_first_time(path: Path) -> datetime | None:
    try:
        with path.open("rb") as file:
            return datetime.fromisoformat(json.loads(file.readline())["timestamp"])
    except (OSError, ValueError, KeyError):  # just removed, or half a line
        return None
