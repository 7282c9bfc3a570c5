"""Worth over time as a curve: how close its points stand, and where it has gaps. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

EACH_FOR: Final = timedelta(days=7)  # every round is kept for so long
HOURLY_FOR: Final = timedelta(days=90)  # then one an hour, and after this one a day
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
LATE: Final = 2.5  # so many steps without a point are a gap: one may come late, or be thinned out


@dataclass(frozen=True, slots=True)
class Point:
    """What everything was worth then; None where nothing was written down: a gap in the curve."""

    at: datetime
    value: Decimal | None
    unpriced: tuple[str, ...] = ()


def step(at: datetime, *, round_: timedelta, now: datetime) -> timedelta:
    """How far apart points of that time stand."""
    if at > now - EACH_FOR:
        return round_
    return max(round_, HOUR if at > now - HOURLY_FOR else DAY)


def with_gaps(points: Iterable[Point], *, round_: timedelta, now: datetime) -> list[Point]:
    """The same, with a point of no value wherever some are missing."""
    found: list[Point] = []
    for point in points:
        if found:
            usual = step(found[-1].at, round_=round_, now=now)
            if point.at - found[-1].at > usual * LATE:
                found.append(Point(found[-1].at + usual, None))
        found.append(point)
    return found
