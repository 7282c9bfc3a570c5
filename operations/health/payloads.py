"""Build what the API says of services: their uptimes and their history."""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import Error as DatabaseError

from operations.health import history, present
from operations.health.history import Uptime
from operations.models import HealthHour
from realtime.values import format_time

log = structlog.get_logger(__name__)

MOST_CHECKS: Final = 5_760  # of two days
SPANS: Final = {
    "last_24_hours": timedelta(hours=24),
    "last_7_days": timedelta(days=7),
    "last_30_days": timedelta(days=30),
}
UNMEASURED: Final = Uptime(None, 0.0)


def list_with_uptimes(*, now: datetime) -> list[dict[str, Any]]:
    """List all services with their uptimes, without them when the database does not answer."""
    summary = present.read_summary(now)
    uptimes: dict[str, dict[str, Any]] = {}
    if not isinstance(summary.facts.database, str):
        try:
            uptimes = _read_uptimes([row.service for row in summary.services], now)
        except DatabaseError as error:
            log.warning("uptimes not read", error=str(error))
    return [row.as_json() | {"uptimes": uptimes.get(row.service)} for row in summary.services]


def _read_uptimes(names: list[str], now: datetime) -> dict[str, dict[str, Any]]:
    spans = {
        field: history.measure_uptimes(names, now=now, span=span) for field, span in SPANS.items()
    }
    return {
        name: {"service": name}
        | {field: _describe_uptime(found.get(name, UNMEASURED)) for field, found in spans.items()}
        for name in names
    }


def _describe_uptime(uptime: Uptime) -> dict[str, float | None]:
    return {"up": uptime.up, "measured": uptime.measured}


def build_history(service: str, *, hours: int, now: datetime) -> dict[str, Any] | None:
    """Build a service's history; None if there is none at all."""
    since = now - timedelta(hours=hours)
    rows = history.list_hours(service, since=since.replace(minute=0, second=0, microsecond=0))
    checks = history.list_checks(service, since=since, limit=MOST_CHECKS)
    if not (rows or checks or history.is_known(service)):
        return None
    return {
        "service": service,
        "uptimes": _read_uptimes([service], now)[service],
        "checks": [
            {
                "at": format_time(check.at),
                "status": check.status,
                "reason": check.reason,
                "response_ms": check.response_ms,
            }
            for check in checks
        ],
        "hours": [_describe_hour(row) for row in rows],
    }


def _describe_hour(row: HealthHour) -> dict[str, Any]:
    mean = round(row.response_ms_sum / row.responses, 2) if row.responses else None
    return {
        "hour": format_time(row.hour),
        "healthy": row.healthy,
        "degraded": row.degraded,
        "down": row.down,
        "response_ms_mean": mean,
        "response_ms_max": row.response_ms_max,
    }
