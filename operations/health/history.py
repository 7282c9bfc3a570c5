"""The history of health checks: single ones for two days, hours for ninety."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce, Greatest

from operations.health.service_status import ServiceStatus
from operations.models import HealthCheck, HealthHour

REASON_LENGTH: Final = 300
EVERY_SECONDS: Final = 30.0
HEALTH_CHECKS: Final = "health-checks"  # the service that is the checking itself
LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Uptime:
    """Shares from 0 to 1. `measured` is how much of the span was measured at all."""

    up: float | None
    measured: float


@transaction.atomic
def record_check(services: Sequence[ServiceStatus], *, at: datetime) -> None:
    """Save one check of all services, and add it to the hours."""
    HealthCheck.objects.bulk_create(
        HealthCheck(
            service=service.service,
            status=service.status,
            reason=service.reason[:REASON_LENGTH],
            response_ms=service.response_ms,
            at=at,
        )
        for service in services
    )
    hour = at.replace(minute=0, second=0, microsecond=0)
    names = [service.service for service in services]
    HealthHour.objects.bulk_create(
        [HealthHour(service=name, hour=hour) for name in names], ignore_conflicts=True
    )
    for service in services:
        _add_to_hour(service, hour)


def _add_to_hour(service: ServiceStatus, hour: datetime) -> None:
    changes: dict[str, Any] = {service.status: F(service.status) + 1}
    if (took := service.response_ms) is not None:
        changes |= {
            "responses": F("responses") + 1,
            "response_ms_sum": F("response_ms_sum") + took,
            "response_ms_max": Greatest(Coalesce("response_ms_max", 0.0), took),
        }
    HealthHour.objects.filter(service=service.service, hour=hour).update(**changes)


def measure_uptimes(
    services: Iterable[str], *, now: datetime, span: timedelta
) -> dict[str, Uptime]:
    """Return for each service the share of checks at which it was not down."""
    rows = HealthHour.objects.filter(service__in=list(services), hour__gt=now - span)
    sums = (
        rows.order_by()
        .values("service")
        .annotate(healthy_sum=Sum("healthy"), degraded_sum=Sum("degraded"), down_sum=Sum("down"))
    )
    return {row["service"]: _read_uptime(row, span) for row in sums}


def _read_uptime(row: Mapping[str, Any], span: timedelta) -> Uptime:
    up = row["healthy_sum"] + row["degraded_sum"]
    checks = up + row["down_sum"]
    expected = span.total_seconds() / EVERY_SECONDS
    return Uptime(round(up / checks, 5) if checks else None, round(min(1.0, checks / expected), 5))


def list_checks(service: str, *, since: datetime, limit: int) -> list[HealthCheck]:
    """List single checks, the newest first."""
    return list(HealthCheck.objects.filter(service=service, at__gte=since).order_by("-at")[:limit])


def list_hours(service: str, *, since: datetime) -> list[HealthHour]:
    return list(HealthHour.objects.filter(service=service, hour__gte=since).order_by("hour"))


def find_last_check() -> datetime:
    """Return when the last check was recorded, by whomever; long ago if there is none."""
    newest: datetime | None = HealthCheck.objects.aggregate(newest=Max("at"))["newest"]
    return newest or LONG_AGO


def find_last_worker_check() -> datetime:
    """Return when a worker recorded the last check: the others call the checks themselves late."""
    rows = HealthCheck.objects.filter(service=HEALTH_CHECKS, status="healthy")
    newest: datetime | None = rows.aggregate(newest=Max("at"))["newest"]
    return newest or LONG_AGO


def is_known(service: str) -> bool:
    """Tell whether the service was ever checked, as far as anybody remembers."""
    return HealthHour.objects.filter(service=service).exists()
