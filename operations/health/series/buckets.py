"""Figures over time in buckets: of five minutes for two days, of an hour for ninety.

So a page reads a few hundred rows however far back it looks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from operations.models import FigureBucket

FINE, COARSE = 5, 60  # minutes
KEPT: Final = {FINE: timedelta(days=2), COARSE: timedelta(days=90)}
LONGEST_NAME: Final = 80
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


def save_values(values: Mapping[str, float], *, at: datetime) -> None:
    """Add one value of each series to its five minutes and to its hour, in one statement."""
    rows = [
        (
            series[:LONGEST_NAME],
            minutes,
            start_bucket(at, minutes),
            at + KEPT[minutes],
            float(value),
        )
        for series, value in values.items()
        for minutes in (FINE, COARSE)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(SAVE, [list(column) for column in zip(*rows, strict=True)])


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
