"""Measure the installation's figures at each health check: queues, sweeps, sockets, budgets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import redis
from django.db.models import Sum

from operations.health import figures
from operations.health.facts import InstallationFacts
from operations.health.series.buckets import save_values
from realtime import redis as realtime_redis
from realtime.metrics import snapshot, totals
from realtime.models import Stream

EVENTS: Final = "fillwatch:health:events"  # a hash: how many events there were at the last check
LEAST_SECONDS: Final = 5.0  # between two counts of events


def record_figures(facts: InstallationFacts, response_ms: Mapping[str, float | None]) -> None:
    """Measure all figures and add them to their buckets."""
    values = measure_figures(facts)
    values |= {f"response:{name}": took for name, took in response_ms.items() if took is not None}
    save_values(values, at=facts.now)


def measure_figures(facts: InstallationFacts) -> dict[str, float]:
    """Return the figures by series; what nobody can measure now is left out."""
    found: dict[str, Any] = figures.build_figures(facts)
    values: dict[str, float | None] = {
        "sweep_seconds": found["order_checks"]["seconds"],
        "events_per_second": _measure_events(facts.now),
        **{f"queue:{row['queue']}": row["depth"] for row in found["queues"] or ()},
        **{f"budget:{row['market']}": row["used_share"] for row in found["budgets"] or ()},
    }
    if facts.in_redis is not None:
        summaries, _ = snapshot.read_all()
        values["sockets"] = totals.sum_up(summaries)["sockets"]
    return {series: value for series, value in values.items() if value is not None}


def _measure_events(now: datetime) -> float | None:
    """Return how many events a second were recorded since the last check, by the streams' ends."""
    count = Stream.objects.aggregate(total=Sum("seq"))["total"] or 0
    client = realtime_redis.redis_client()
    try:
        before = client.hgetall(EVENTS)
        client.hset(EVENTS, mapping={"count": count, "at": now.timestamp()})
    except redis.RedisError:
        return None
    seconds = now.timestamp() - float(before["at"]) if before else 0.0
    if seconds < LEAST_SECONDS:
        return None
    return max(0.0, round((count - int(before["count"])) / seconds, 3))
