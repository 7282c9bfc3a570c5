"""The installation's figures over time: measured at each health check, kept for ninety days.

A bucket holds five minutes for two days, or an hour for longer, so that a page reads a few hundred
rows however far back it looks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import redis
from django.db import connection
from django.db.models import Sum

from operations.health import figures
from operations.health.facts import InstallationFacts
from operations.models import FigureBucket
from realtime import redis as realtime_redis
from realtime.metrics import snapshot, totals
from realtime.models import Stream

FINE, COARSE = 5, 60  # minutes
KEPT: Final = {FINE: timedelta(days=2), COARSE: timedelta(days=90)}
EVENTS: Final = "fillwatch:health:events"  # a hash: how many events there were at the last check
LEAST_SECONDS: Final = 5.0  # between two counts of events
SAVE: Final = """
INSERT INTO operations_figurebucket (series, minutes, at, kept_until, samples, total, highest)
SELECT series, minutes, at, kept_until, 1, value, value
FROM unnest(%s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::float8[])
    AS measured(series, minutes, at, kept_until, value)
ON CONFLICT (series, minutes, at) DO UPDATE SET
    samples = operations_figurebucket.samples + 1,
    total = operations_figurebucket.total + excluded.total,
    highest = greatest(operations_figurebucket.highest, excluded.highest)
"""


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """The mean and the highest of a bucket."""

    at: datetime
    mean: float
    highest: float


def record_figures(facts: InstallationFacts, response_ms: Mapping[str, float | None]) -> None:
    """Measure all figures and add them to their buckets."""
    values = measure_figures(facts)
    values |= {f"response:{name}": took for name, took in response_ms.items() if took is not None}
    save_values(values, at=facts.now)


def save_values(values: Mapping[str, float], *, at: datetime) -> None:
    """Add one value of each series to its five minutes and to its hour, in one statement."""
    rows = [
        (series[:80], minutes, start_bucket(at, minutes), at + KEPT[minutes], float(value))
        for series, value in values.items()
        for minutes in (FINE, COARSE)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(SAVE, [list(column) for column in zip(*rows, strict=True)])


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


def read_series(
    prefixes: Iterable[str], *, now: datetime, span: timedelta
) -> dict[str, list[SeriesPoint]]:
    """Return the points of each series whose name begins so, the oldest first."""
    minutes = FINE if span <= KEPT[FINE] else COARSE
    rows = FigureBucket.objects.filter(minutes=minutes, at__gt=now - span).order_by("series", "at")
    series: dict[str, list[SeriesPoint]] = {}
    for row in rows.filter(series__regex=f"^({'|'.join(prefixes)})"):
        point = SeriesPoint(row.at, row.total / row.samples, row.highest)
        series.setdefault(row.series, []).append(point)
    return series


def start_bucket(at: datetime, minutes: int) -> datetime:
    return at.replace(minute=at.minute - at.minute % minutes, second=0, microsecond=0)


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
