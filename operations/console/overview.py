"""Rows of the operators' console: services with their last 24 hours, and jobs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from operations.health import history, present
from operations.health.history import Uptime
from operations.health.service_status import RANKS, ServiceStatus
from operations.jobs import timetable
from operations.jobs.payloads import JobRow, job_row
from operations.models import HealthHour

DAY: Final = timedelta(hours=24)
MONTH: Final = timedelta(days=30)
NOT_MEASURED: Final = "unknown"
BAD_RESULTS: Final = ("failed", "unfinished")


@dataclass(frozen=True, slots=True)
class HourCell:
    """One hour of a service: its worst status, or that nobody measured."""

    hour: datetime
    status: str
    checks: int


@dataclass(frozen=True, slots=True)
class ServiceRow:
    service: ServiceStatus
    hours: list[HourCell]
    day: Uptime | None
    month: Uptime | None


def list_services(*, now: datetime) -> list[ServiceRow]:
    """Return every service as it is now, the worst first."""
    services = present.read_services(now)
    names = [service.service for service in services]
    day, month = (history.measure_uptimes(names, now=now, span=span) for span in (DAY, MONTH))
    hours = _read_hours(names, now=now)
    rows = [
        ServiceRow(
            service, hours[service.service], day.get(service.service), month.get(service.service)
        )
        for service in services
    ]
    return sorted(rows, key=lambda row: -RANKS[row.service.status])


def list_jobs(*, now: datetime) -> list[JobRow]:
    """Return every job, those that failed first."""
    rows = [job_row(job, now=now) for job in timetable.list_jobs()]
    return sorted(rows, key=lambda row: row["last_result"] not in BAD_RESULTS)


def _read_hours(names: Iterable[str], *, now: datetime) -> dict[str, list[HourCell]]:
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=ago) for ago in range(23, -1, -1)]
    kept: dict[str, dict[datetime, HealthHour]] = defaultdict(dict)
    for row in HealthHour.objects.filter(service__in=list(names), hour__gte=hours[0]):
        kept[row.service][row.hour] = row
    return {name: [_describe_hour(hour, kept[name].get(hour)) for hour in hours] for name in names}


def _describe_hour(hour: datetime, row: HealthHour | None) -> HourCell:
    if row is None:
        return HourCell(hour, NOT_MEASURED, 0)
    checks = row.healthy + row.degraded + row.down
    worst = "down" if row.down else "degraded" if row.degraded else "healthy"
    return HourCell(hour, worst if checks else NOT_MEASURED, checks)
