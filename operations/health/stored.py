"""The last health check as a whole: in Redis, and in the database for when Redis is away."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from operations.health import history
from operations.models import HealthCheck
from realtime import redis as realtime_redis
from realtime.values import format_time, format_time_or_none

LAST: Final = "fillwatch:health:last"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """One service at the last check. `last_success` is None when it never was well."""

    status: str
    reason: str
    response_ms: float | None
    last_success: datetime | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredCheck:
    at: datetime
    services: dict[str, StoredResult]


def write_to_redis(check: StoredCheck) -> None:
    services = {
        name: {
            "status": result.status,
            "reason": result.reason,
            "response_ms": result.response_ms,
            "last_success": format_time_or_none(result.last_success),
            "details": result.details,
        }
        for name, result in check.services.items()
    }
    document = {"at": format_time(check.at), "services": services}
    realtime_redis.redis_client().set(LAST, json.dumps(document))


def read_from_redis() -> StoredCheck | None:
    text = realtime_redis.redis_client().get(LAST)
    if text is None:
        return None
    document = json.loads(text)
    services = {name: _parse_result(row) for name, row in document["services"].items()}
    return StoredCheck(datetime.fromisoformat(document["at"]), services)


def read_from_either() -> StoredCheck | None:
    """Read from Redis, or from the database when Redis was emptied."""
    return read_from_redis() or read_from_database()


def _parse_result(row: dict[str, Any]) -> StoredResult:
    last = row["last_success"]
    return StoredResult(
        row["status"],
        row["reason"],
        row["response_ms"],
        datetime.fromisoformat(last) if last else None,
        row["details"],
    )


def read_from_database() -> StoredCheck | None:
    """Read the rows of the last check by a worker; called in a thread of its own."""
    try:
        at = history.find_last_worker_check()
        if at == history.LONG_AGO:
            return None
        rows = HealthCheck.objects.filter(at=at)
        services = {
            row.service: StoredResult(
                row.status,
                row.reason,
                row.response_ms,
                row.at if row.status == "healthy" else None,
                {},
            )
            for row in rows
        }
        return StoredCheck(at, services)
    finally:
        connection.close()
