"""Services in plain words for people outside, with a bar of ninety days and what went wrong."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

from django.utils.translation import gettext as _

from operations.health.history import EVERY_SECONDS
from operations.health.service_status import RANKS, ServiceStatus, Status, find_worst
from operations.models import HealthHour

DAYS: Final = 90
INCIDENT_DAYS: Final = 14
MOST_INCIDENTS: Final = 20
SHORTEST_INCIDENT: Final = 2  # checks: one alone is a hiccup
DayStatus = Literal["healthy", "degraded", "down", "unknown"]
# By the beginning of a service's name. Others (disk, the health checks) are for operators alone.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Pages and API": ("web", "pages", "postgresql", "redis"),
    "Placing and checking of orders": ("worker", "beat", "order-checks"),
    "Live updates": ("stream",),
    "Exchanges": ("venue-",),
    "Paper trading": ("simulator",),
}


@dataclass(frozen=True, slots=True)
class DayCell:
    day: date
    status: DayStatus
    up: float | None  # share of the checks, from 0 to 1

    @property
    def text(self) -> str:
        if self.up is None:
            return _("not measured")
        up = f"{math.floor(self.up * 1000) / 10:g}"  # never 100 when something was down
        return _("up %(up)s %%") % {"up": up}


@dataclass(frozen=True, slots=True)
class Incident:
    """A run of hours in which a group was down at some checks."""

    group: str
    began: datetime
    ended: datetime  # the end of its last hour
    minutes: int


@dataclass(slots=True)
class ServiceGroup:
    """Several services as one thing that people know."""

    label: str
    status: Status
    days: list[DayCell] = field(default_factory=list)
    up: float | None = None


@dataclass(frozen=True, slots=True)
class HourSum:
    """The checks of an hour: of a group's services, the ones that were worst."""

    checks: int
    down: int
    degraded: int


def find_group(service: str) -> str | None:
    return next((label for label, names in GROUPS.items() if service.startswith(names)), None)


def list_groups(services: Iterable[ServiceStatus]) -> list[ServiceGroup]:
    """Return the groups that have services, each as bad as the worst of them."""
    members: dict[str, list[ServiceStatus]] = defaultdict(list)
    for service in services:
        if label := find_group(service.service):
            members[label].append(service)
    return [ServiceGroup(label, find_worst(members[label])) for label in GROUPS if members[label]]


def read_hours(*, now: datetime) -> dict[str, dict[datetime, HourSum]]:
    """Read the hours of each group."""
    hours: dict[str, dict[datetime, HourSum]] = defaultdict(dict)
    rows = HealthHour.objects.filter(hour__gt=now - timedelta(days=DAYS))
    for service, hour, *counts in rows.values_list(
        "service", "hour", "healthy", "degraded", "down"
    ):
        if label := find_group(service):
            healthy, degraded, down = counts
            found = HourSum(healthy + degraded + down, down, degraded)
            known = hours[label].get(hour, HourSum(0, 0, 0))
            hours[label][hour] = HourSum(
                max(found.checks, known.checks),
                max(found.down, known.down),
                max(found.degraded, known.degraded),
            )
    return hours


def list_days(hours: Mapping[datetime, HourSum], *, today: date) -> list[DayCell]:
    """Return the last ninety days, the oldest first."""
    by_day: dict[date, list[HourSum]] = defaultdict(list)
    for hour, counts in hours.items():
        by_day[hour.date()].append(counts)
    days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    return [_describe_day(day, by_day[day]) for day in days]


def measure_uptime(hours: Iterable[HourSum]) -> float | None:
    counts = list(hours)
    checks = sum(hour.checks for hour in counts)
    return 1 - sum(hour.down for hour in counts) / checks if checks else None


def list_incidents(
    hours: Mapping[str, Mapping[datetime, HourSum]], *, now: datetime
) -> list[Incident]:
    """List what went wrong in the last two weeks, the newest first."""
    since = now - timedelta(days=INCIDENT_DAYS)
    found = [
        incident
        for label, own in hours.items()
        for incident in _join_hours(label, {hour: own[hour] for hour in own if hour > since})
    ]
    return sorted(found, key=lambda incident: incident.began, reverse=True)[:MOST_INCIDENTS]


def find_overall(groups: Iterable[ServiceGroup]) -> Status:
    return max((group.status for group in groups), key=RANKS.__getitem__, default="healthy")


def _describe_day(day: date, hours: Iterable[HourSum]) -> DayCell:
    counts = list(hours)
    up = measure_uptime(counts)
    if up is None:
        return DayCell(day, "unknown", None)
    if up < 1:
        return DayCell(day, "down", up)
    return DayCell(day, "degraded" if any(hour.degraded for hour in counts) else "healthy", up)


def _join_hours(label: str, hours: Mapping[datetime, HourSum]) -> list[Incident]:
    incidents: list[Incident] = []
    hour_long = timedelta(hours=1)
    for hour in sorted(hour for hour in hours if hours[hour].down):
        minutes = round(hours[hour].down * EVERY_SECONDS / 60)
        last = incidents[-1] if incidents else None
        if last and last.ended == hour:
            incidents[-1] = Incident(label, last.began, hour + hour_long, last.minutes + minutes)
        elif hours[hour].down >= SHORTEST_INCIDENT:
            incidents.append(Incident(label, hour, hour + hour_long, minutes))
    return incidents
