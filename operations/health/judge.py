"""Judge all services from what was collected: status, reason, remedy. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from operations.health.facts import InstallationFacts
from operations.health.judge_backups import judge_backups
from operations.health.judge_processes import MEND_REDIS, judge_processes
from operations.health.service_status import (
    NOTHING_TO_DO,
    START,
    SWEEP_REMEDY,
    ServiceStatus,
    Status,
    to_ms,
)
from orders.checks import last_sweep
from realtime.shapes.notes import VenueData

CHECK_SECONDS: Final = 75.0  # two health checks, and a bit
CLOCK_SECONDS: Final = 2.0
LEAST_FREE_BYTES: Final = 1_000_000_000
NO_SPACE_BYTES: Final = 100_000_000
CONNECTION_SHARE: Final = 0.9
Weight = tuple[Status, str, str]
WELL: Final[Weight] = "healthy", "", ""


def judge_services(facts: InstallationFacts) -> list[ServiceStatus]:
    """Judge every service; `last_success` of what only a check measures comes from the last one."""
    services = [
        _judge_database(facts),
        _judge_redis(facts),
        *judge_processes(facts),
        *_judge_simulator(facts),
        _judge_order_checks(facts),
        _judge_health_checks(facts),
        *_judge_venues(facts),
        *_judge_pages(facts),
        _judge_disk(facts),
        *judge_backups(facts),
    ]
    return [_add_last_success(facts, service) for service in services]


def _add_last_success(facts: InstallationFacts, service: ServiceStatus) -> ServiceStatus:
    if service.last_success is not None:
        return service
    if service.status == "healthy":
        return replace(service, last_success=service.at)
    known = facts.check.services.get(service.service) if facts.check else None
    return replace(service, last_success=known.last_success if known else None)


def _judge_database(facts: InstallationFacts) -> ServiceStatus:
    answer = facts.database
    if isinstance(answer, str):
        return ServiceStatus(
            service="postgresql",
            label="PostgreSQL",
            status="down",
            reason=f"PostgreSQL {answer}.",
            remedy="Start it (`manage.py up` does), or correct DATABASE_URL.",
            at=facts.now,
        )
    status, reason, remedy = WELL
    if answer.missing_migrations:
        reason = f"{answer.missing_migrations} migrations are not applied."
        status, remedy = "down", "Run `manage.py migrate`."
    elif abs(answer.clock_offset) > CLOCK_SECONDS:
        reason = f"Its clock differs from this machine's by {answer.clock_offset:.1f} s."
        status, remedy = "degraded", "Switch on time synchronisation (NTP) on both."
    elif answer.connections > CONNECTION_SHARE * answer.most_connections:
        reason = f"{answer.connections} of {answer.most_connections} connections are in use."
        status, remedy = "degraded", "Raise max_connections, or start fewer processes."
    return ServiceStatus(
        service="postgresql",
        label="PostgreSQL",
        status=status,
        reason=reason,
        remedy=remedy,
        response_ms=to_ms(answer.seconds),
        at=facts.now,
        version=answer.version,
        details={
            "clock_offset_seconds": answer.clock_offset,
            "connections": answer.connections,
            "most_connections": answer.most_connections,
        },
    )


def _judge_redis(facts: InstallationFacts) -> ServiceStatus:
    answer = facts.redis
    if isinstance(answer, str):
        return ServiceStatus(
            service="redis",
            label="Redis",
            status="down",
            reason=f"Redis {answer}.",
            remedy="Start it (`manage.py up` does), or correct REDIS_URL.",
            at=facts.now,
        )
    status, reason, remedy = WELL
    if answer.maxmemory_policy != "noeviction":
        reason = f"It may drop queued work (maxmemory-policy {answer.maxmemory_policy})."
        status, remedy = "degraded", "Set maxmemory-policy to noeviction."
    elif answer.memory_limit and answer.memory_bytes > 0.9 * answer.memory_limit:
        reason = "Its memory is nearly full."
        status, remedy = "degraded", "Raise maxmemory."
    return ServiceStatus(
        service="redis",
        label="Redis",
        status=status,
        reason=reason,
        remedy=remedy,
        response_ms=to_ms(answer.seconds),
        at=facts.now,
        memory_bytes=answer.memory_bytes,
        uptime_seconds=answer.uptime,
        version=answer.version,
        details={"clients": answer.clients, "memory_limit": answer.memory_limit},
    )


def _judge_simulator(facts: InstallationFacts) -> Iterator[ServiceStatus]:
    if facts.simulator is None:
        return
    silent = isinstance(facts.simulator, str)
    yield ServiceStatus(
        service="simulator",
        label="Paper venue",
        status="down" if silent else "healthy",
        reason=f"The simulated venue {facts.simulator}." if silent else "",
        remedy=START if silent else "",
        response_ms=None if isinstance(facts.simulator, str) else to_ms(facts.simulator),
        at=facts.now,
    )


def _judge_order_checks(facts: InstallationFacts) -> ServiceStatus:
    known = facts.in_redis
    status, reason, remedy = _weigh_sweep(facts)
    times = known.sweep if known else None
    oldest = facts.in_database.oldest_check if facts.in_database else None
    return ServiceStatus(
        service="order-checks",
        label="Order checks",
        status=status,
        reason=reason,
        remedy=remedy,
        response_ms=None if times is None or times.seconds is None else to_ms(times.seconds),
        at=facts.now,
        last_success=known.sweep_began if known else None,
        details={
            "overruns_this_hour": times.overruns if times else None,
            "oldest_check_seconds": _count_seconds(facts.now, oldest),
        },
    )


def _weigh_sweep(facts: InstallationFacts) -> Weight:
    if facts.in_redis is None:
        return "down", "Orders are not checked while Redis does not answer.", MEND_REDIS
    began = facts.in_redis.sweep_began
    if began is None:
        return "down", "No check of orders has begun yet.", SWEEP_REMEDY
    if delay := last_sweep.find_delay(began, now=facts.now):
        text = f"No check of orders has begun for {delay.total_seconds():.0f} s."
        return "down", text, SWEEP_REMEDY
    took, every = facts.in_redis.sweep.seconds or 0, settings.ORDER_CHECK_SECONDS
    if took > every:
        text = f"The last check of orders took {took:.1f} s; one is due every {every:g} s."
        return "degraded", text, "Look for a slow venue; raise ORDER_CHECK_SECONDS if it stays so."
    return WELL


def _judge_health_checks(facts: InstallationFacts) -> ServiceStatus:
    """Judge whether this measuring itself goes on: old results prove nothing."""
    age = _count_seconds(facts.now, facts.check.at if facts.check else None)
    status, reason, remedy = WELL
    if age is None:
        status, reason = "degraded", "No health check has run yet."
        remedy = "It runs every 30 s. If it does not come, look at beat and worker."
    elif age > CHECK_SECONDS:
        status, reason = "down", f"The last health check is {age:.0f} s old."
        remedy = "Beat starts it and a worker does it: look at both."
    return ServiceStatus(
        service="health-checks",
        label="Health checks",
        status=status,
        reason=reason,
        remedy=remedy,
        at=facts.now,
        last_success=facts.check.at if facts.check else None,
    )


def _judge_venues(facts: InstallationFacts) -> Iterator[ServiceStatus]:
    for venue in facts.venues:
        service = name_venue(venue)
        known = facts.check.services.get(service) if facts.check else None
        age = _count_seconds(facts.now, facts.check.at if known and facts.check else None)
        status, reason, remedy = WELL
        if known is not None and known.status != "healthy":
            status = "degraded" if known.status == "degraded" else "down"
            reason, remedy = known.reason, NOTHING_TO_DO
        if known is None or age is None or age > CHECK_SECONDS:
            status, reason = "degraded", "It has not been asked lately: the health check is late."
            remedy = "Look at beat and worker."
        if venue["state"] != "open":
            status = "down" if venue["state"] == "resting" else "degraded"
            until = f" Until {venue['until'][11:19]} UTC." if venue["until"] else ""
            reason, remedy = f"{venue['words']}{until}", NOTHING_TO_DO
        yield ServiceStatus(
            service=service,
            label=label_venue(venue),
            status=status,
            reason=reason,
            remedy=remedy,
            response_ms=known.response_ms if known else None,
            at=facts.check.at if known and facts.check else facts.now,
            last_success=known.last_success if known else None,
            details=known.details if known else {},
        )


def name_venue(venue: VenueData) -> str:
    paper = ".paper" if venue["simulated"] else ""
    return f"venue-{venue['venue']}.{venue['market']}{paper}"


def label_venue(venue: VenueData) -> str:
    return f"{venue['label']} {venue['market']}{' (simulated)' if venue['simulated'] else ''}"


def _judge_pages(facts: InstallationFacts) -> Iterator[ServiceStatus]:
    """Judge the address that people use, as the last health check found it."""
    known = facts.check.services.get("pages") if facts.check else None
    if known is None or facts.check is None:
        return
    status: Status = "healthy" if known.status == "healthy" else "down"
    remedy = "Look at the web process and the proxy, or set FILLWATCH_URL to where the pages are."
    yield ServiceStatus(
        service="pages",
        label="Pages",
        status=status,
        reason=known.reason,
        remedy="" if status == "healthy" else remedy,
        response_ms=known.response_ms,
        at=facts.check.at,
        last_success=known.last_success,
    )


def _judge_disk(facts: InstallationFacts) -> ServiceStatus:
    free = facts.disk_free
    status: Status = "healthy"
    if free < LEAST_FREE_BYTES:
        status = "down" if free < NO_SPACE_BYTES else "degraded"
    is_low = status != "healthy"
    return ServiceStatus(
        service="disk",
        label="Disk",
        status=status,
        reason=f"Only {free / 1e9:.1f} GB are free." if is_low else "",
        remedy="Make room: databases stop when a disk is full." if is_low else "",
        at=facts.now,
        details={"free_bytes": free, "total_bytes": facts.disk_total},
    )


def _count_seconds(now: datetime, at: datetime | None) -> float | None:
    return None if at is None else round(max(timedelta(0), now - at).total_seconds(), 1)
