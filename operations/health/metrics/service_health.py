"""Figures of the health of services: the same facts that the health page judges."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import redis
import structlog
from prometheus_client.core import Metric

from exchanges.limits import weight_budget
from operations.health import present
from operations.health.facts import InstallationFacts
from operations.health.metrics.families import make_gauge
from operations.health.service_status import ServiceStatus, Status

log = structlog.get_logger(__name__)
LEVELS: Final[dict[Status, int]] = {"healthy": 2, "degraded": 1, "down": 0}


def collect_services(now: datetime) -> Iterator[Metric]:
    """Ask every service; takes about three seconds at most when servers hang."""
    summary = present.read_summary(now)
    yield _list_states(summary.services)
    yield _list_answers(summary.services)
    yield from _measure_queues(summary.facts)
    yield from _measure_sweep(summary.facts)
    yield from _measure_budgets(summary.facts)
    yield from _measure_machine(summary.facts)


def _list_states(services: list[ServiceStatus]) -> Metric:
    rows = [((service.service,), LEVELS[service.status]) for service in services]
    return make_gauge("service_status", "2: healthy, 1: degraded, 0: down.", rows, "service")


def _list_answers(services: list[ServiceStatus]) -> Metric:
    rows = [
        ((service.service,), service.response_ms / 1000)
        for service in services
        if service.response_ms is not None
    ]
    return make_gauge("service_response_seconds", "How long its answer took.", rows, "service")


def _measure_queues(facts: InstallationFacts) -> Iterator[Metric]:
    if facts.in_redis is None:
        return
    for name, text in (
        ("depth", "Tasks that wait in the queue."),
        ("oldest_seconds", "How long the oldest of them has waited; 0 when none waits."),
        ("echo_seconds", "The last round trip of a task through the queue."),
    ):
        rows = [
            ((queue.name,), 0.0 if value is None else value)
            for queue in facts.in_redis.queues
            if (value := getattr(queue, name)) is not None or name == "oldest_seconds"
        ]
        yield make_gauge(f"queue_{name}", text, rows, "queue")


def _measure_sweep(facts: InstallationFacts) -> Iterator[Metric]:
    if facts.in_redis is None:
        return
    sweep, began = facts.in_redis.sweep, facts.in_redis.sweep_began
    lasted = [] if sweep.seconds is None else [((), sweep.seconds)]
    yield make_gauge("check_seconds", "How long the last check of orders took.", lasted)
    ages = [] if began is None else [((), max(0.0, (facts.now - began).total_seconds()))]
    yield make_gauge("check_age_seconds", "Since a check of orders began.", ages)
    text = "Checks of this hour that took longer than their interval."
    yield make_gauge("check_overruns_this_hour", text, [((), sweep.overruns)])


def _measure_budgets(facts: InstallationFacts) -> Iterator[Metric]:
    if facts.in_redis is None or facts.in_database is None:
        return
    try:
        shares = [
            (market, weight_budget.read_used_share(market, now=facts.now))
            for market in facts.in_database.markets
        ]
    except redis.RedisError as error:  # it has gone since the facts were read
        log.warning("budgets not readable", error=str(error))
        return
    rows = [((market.venue, market.market), share) for market, share in shares if share is not None]
    text = "Share of a venue's limit that checks have used in the last minute."
    yield make_gauge("budget_used_share", text, rows, "venue", "market")


def _measure_machine(facts: InstallationFacts) -> Iterator[Metric]:
    if not isinstance(facts.database, str):
        offset = facts.database.clock_offset
        text = "How far the database's clock is ahead of this server's."
        yield make_gauge("clock_offset_seconds", text, [((), offset)])
    for name, value in (("free", facts.disk_free), ("total", facts.disk_total)):
        yield make_gauge(f"disk_{name}_bytes", f"Where FILLWATCH_HOME is: {name}.", [((), value)])
