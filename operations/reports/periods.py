"""The days and weeks that reports are about, in a person's time zone. Pure.

A week begins on Monday. A day begins at midnight of the zone, so the day on which clocks change has
23 or 25 hours.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from operations.models import ReportKind

LENGTHS: Final = {ReportKind.DAILY: timedelta(days=1), ReportKind.WEEKLY: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A day or a week of a time zone, from its first midnight up to the one after its end."""

    kind: ReportKind
    starts_on: date
    zone: str

    @property
    def ends_on(self) -> date:
        return self.starts_on + LENGTHS[self.kind] - timedelta(days=1)

    @property
    def since(self) -> datetime:
        return _find_midnight(self.starts_on, self.zone)

    @property
    def until(self) -> datetime:
        return _find_midnight(self.starts_on + LENGTHS[self.kind], self.zone)

    @property
    def former(self) -> "ReportPeriod":
        """The period right before this one."""
        return ReportPeriod(self.kind, self.starts_on - LENGTHS[self.kind], self.zone)


def find_period(kind: ReportKind, day: date, zone: str) -> ReportPeriod:
    """Return the period that a day belongs to."""
    weekday = day.weekday() if kind == ReportKind.WEEKLY else 0
    return ReportPeriod(kind, day - timedelta(days=weekday), zone)


def find_last_period(kind: ReportKind, zone: str, *, now: datetime) -> ReportPeriod:
    """Return the newest period that is over."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return find_period(kind, today, zone).former


def _find_midnight(day: date, zone: str) -> datetime:
    """Return when a day begins; where clocks skip midnight, when they do."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
