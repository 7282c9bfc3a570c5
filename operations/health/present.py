"""The present health of every service: the one definition for pages, API, commands and alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from operations.health import judge
from operations.health.facts import InstallationFacts, collect_facts
from operations.health.service_status import ServiceStatus, Status, find_worst
from realtime.shapes.notes import HealthData
from realtime.values import format_time


@dataclass(frozen=True, slots=True)
class HealthSummary:
    """All services as of now; healthy only when each of them is."""

    at: datetime
    status: Status
    services: list[ServiceStatus]
    facts: InstallationFacts

    def as_json(self) -> dict[str, Any]:
        counts = dict.fromkeys(("healthy", "degraded", "down"), 0)
        for service in self.services:
            counts[service.status] += 1
        return {
            "status": self.status,
            "at": format_time(self.at),
            "counts": counts,
            "services": [service.as_json() for service in self.services],
        }


def read_summary(now: datetime) -> HealthSummary:
    """Ask and judge everything, within about three seconds also when servers hang."""
    facts = collect_facts(now)
    services = judge.judge_services(facts)
    return HealthSummary(now, find_worst(services), services, facts)


def read_services(now: datetime) -> list[ServiceStatus]:
    """Return the present status of every service, for whoever acts on it."""
    return read_summary(now).services


def read_service(name: str) -> dict[str, Any]:
    """Return one service that is always there, as JSON."""
    services = read_services(timezone.now())
    return next(service.as_json() for service in services if service.service == name)


def list_changes(known: dict[str, str]) -> list[HealthData]:
    """List the services whose status is not as known, and note the new one there.

    A service that is heard of for the first time is news only when it is not healthy.
    """
    changes = []
    for service in read_services(timezone.now()):
        before = known.get(service.service, "healthy")
        known[service.service] = service.status
        if service.status != before:
            changes.append(_describe_change(service))
    return changes


def _describe_change(service: ServiceStatus) -> HealthData:
    return HealthData(
        service=service.service,
        status=service.status,
        reason=service.reason,
        remedy=service.remedy,
        response_ms=service.response_ms,
        at=format_time(service.at),
    )
