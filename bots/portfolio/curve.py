"""Portfolio value over time: the distance of a curve's points, its gaps, and its changes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
EVERY_ROUND_FOR: Final = 7 * DAY  # then one point an hour
HOURLY_FOR: Final = 90 * DAY  # then one point a day
GAP_STEPS: Final = 2.5  # steps without a point are a gap; a point may be late, or thinned out
# The periods of the changes: a label, and how far a point may be from its beginning to stand for it
PERIODS: Final = (
    ("24 h", DAY, HOUR),
    ("7 d", 7 * DAY, 4 * HOUR),
    ("30 d", 30 * DAY, 12 * HOUR),
)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The value of a portfolio at a time; None begins a gap in the curve."""

    at: datetime
    value: Decimal | None
    unpriced: tuple[str, ...] = ()
    paid_in: Decimal = Decimal(0)  # by its owner since the first point, less what was taken out
    exposure: Decimal | None = None  # how much of it moved with prices; None: not known
    recorded_at: datetime | None = None  # None: not known

    @property
    def known_at(self) -> datetime:
        """The time up to which the value holds what was paid in: after the start of its round."""
        return self.recorded_at or self.at


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A change since the beginning of a period; None where no value of then is known."""

    label: str
    amount: Decimal | None
    share: Decimal | None  # of the value at the beginning


def point_distance(at: datetime, *, round_: timedelta, now: datetime) -> timedelta:
    """Return the time between two points of a curve at a time, when a round takes `round_`."""
    if at > now - EVERY_ROUND_FOR:
        return round_
    return max(round_, HOUR if at > now - HOURLY_FOR else DAY)


def add_gaps(points: Iterable[CurvePoint], *, round_: timedelta, now: datetime) -> list[CurvePoint]:
    """Return the points with one more, without a value, wherever some are missing."""
    curve: list[CurvePoint] = []
    for point in points:
        if curve:
            distance = point_distance(curve[-1].at, round_=round_, now=now)
            if point.at - curve[-1].at > distance * GAP_STEPS:
                curve.append(CurvePoint(curve[-1].at + distance, None))
        curve.append(point)
    return curve


def add_paid_in(
    points: Sequence[CurvePoint], moved: Sequence[tuple[datetime, Decimal]]
) -> list[CurvePoint]:
    """Return the points with what was paid in and taken out between the first and each of them."""
    later = [(at, amount) for at, amount in moved if points and at > points[0].known_at]
    curve, total, number = [], Decimal(0), 0
    for point in points:
        while number < len(later) and later[number][0] <= point.known_at:
            total += later[number][1]
            number += 1
        curve.append(replace(point, paid_in=total))
    return curve


def value_changes(
    points: Iterable[CurvePoint],
    value: Decimal,
    *,
    now: datetime,
    moved: Sequence[tuple[datetime, Decimal]] = (),
) -> list[ValueChange]:
    """Compare the value now with that at the beginning of each period.

    What was paid in since is taken off, and what was taken out is added: neither is a profit.
    """
    known = [(point, point.value) for point in points if point.value is not None]
    return [
        _change_since(now - period, known, value, label, tolerance, moved)
        for label, period, tolerance in PERIODS
    ]


def _change_since(
    start: datetime,
    known: Sequence[tuple[CurvePoint, Decimal]],
    value: Decimal,
    label: str,
    tolerance: timedelta,
    moved: Sequence[tuple[datetime, Decimal]],
) -> ValueChange:
    nearest = min(known, key=lambda pair: abs(pair[0].at - start), default=None)
    if nearest is None or abs(nearest[0].at - start) > tolerance:
        return ValueChange(label, None, None)
    point, former = nearest
    paid_in = sum((amount for at, amount in moved if at > point.known_at), Decimal(0))
    amount = value - former - paid_in
    return ValueChange(label, amount, amount / former if former > 0 else None)
