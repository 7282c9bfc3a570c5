"""The numbers of charts: scales with round ticks, and points thinned out but for extremes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from operator import itemgetter
from typing import Final

from realtime.values import ZERO
from users.number_format.separators import write_number

STEPS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
SAME_HEIGHT: Final = Decimal("1e-12")  # as a share of a value: a smaller difference is drawn flat
SUFFIXES: Final = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
MINUS: Final = "\N{MINUS SIGN}"

KnownPoint = tuple[datetime, Decimal]
ChartPoint = tuple[datetime, Decimal | None]  # None: a gap


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of a chart's values, with the round numbers written beside it."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def share_of(self, value: Decimal) -> Decimal:
        """Return the height of a value: 0 at the bottom, 1 at the top."""
        return (value - self.low) / (self.high - self.low)


def fit_scale(values: Iterable[Decimal], *, with_zero: bool = False, ticks: int = 4) -> Scale:
    """Return the smallest scale that ends on round numbers; a single value is in its middle."""
    numbers = [*values, *([ZERO] if with_zero else [])]
    low, high = min(numbers), max(numbers)
    if high - low <= abs(high) * SAME_HEIGHT:
        room = abs(low) / 20 or Decimal(1)
        low, high = low - room, high + room
    step = _round_step((high - low) / ticks)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    marks = tuple(step * number for number in range(int(first), int(last) + 1))
    return Scale(marks[0], marks[-1], marks)


def split_at_gaps(points: Iterable[ChartPoint]) -> list[list[KnownPoint]]:
    """Return the runs of points that have no gap inside."""
    runs = groupby(points, key=lambda point: point[1] is None or not point[1].is_finite())
    return [
        [(at, value) for at, value in run if value is not None]
        for is_gap, run in runs
        if not is_gap
    ]


def thin_points(points: Sequence[ChartPoint], *, limit: int) -> list[list[KnownPoint]]:
    """Keep about `limit` points, so that the line still looks the same.

    Time is cut into columns, and each keeps its lowest and highest value. A gap stays if it is as
    wide as a column: a narrower one could not be seen.
    """
    runs = split_at_gaps(points)
    if sum(len(run) for run in runs) <= limit:
        return runs
    column = (runs[-1][-1][0] - runs[0][0][0]) / max(1, limit // 2)
    column = max(column, timedelta.resolution)
    return [_thin_run(run, column, runs[0][0][0]) for run in _join_close_runs(runs, column)]


def spread_times(first: datetime, last: datetime, *, count: int) -> list[datetime]:
    """Return times from the first to the last, at equal distances."""
    if first == last:
        return [first]
    step = (last - first) / (count - 1)
    return [*(first + step * number for number in range(count - 1)), last]


def format_tick(value: Decimal, *, step: Decimal | None = None) -> str:
    """Write a number shortly for the edge of a chart: 12.4k, 1.2M, 0.0005.

    Two ticks that are a `step` apart never get the same text.
    """
    sign, value = (MINUS, -value) if value < 0 else ("", value)
    digits = max(3, value.adjusted() - step.adjusted() + 1) if step and value else 5
    for size, letter in SUFFIXES:
        if value >= size * 10 or (value >= size and letter != "k"):
            return f"{sign}{_strip_zeros(value / size, digits)}{letter}"
    return f"{sign}{_strip_zeros(value, digits)}"


def format_number(value: Decimal, *, signed: bool = False) -> str:
    """Write a number with two places, or below one with four significant digits."""
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    value = abs(value)
    if value >= 1 or not value:
        return sign + write_number(f"{value:,.2f}")
    return sign + write_number(f"{Decimal(f'{value:.4g}'):f}")


def _round_step(least: Decimal) -> Decimal:
    size = Decimal(10) ** least.adjusted()
    return next(size * factor for factor in STEPS if size * factor >= least)


def _join_close_runs(runs: list[list[KnownPoint]], column: timedelta) -> Iterable[list[KnownPoint]]:
    joined = list(runs[0])
    for run in runs[1:]:
        if run[0][0] - joined[-1][0] >= column:
            yield joined
            joined = list(run)
        else:
            joined += run
    yield joined


def _thin_run(run: list[KnownPoint], column: timedelta, start: datetime) -> list[KnownPoint]:
    thinned = [run[0]]
    for _, group in groupby(run[1:-1], key=lambda point: (point[0] - start) // column):
        points = list(group)
        thinned += sorted({find(points, key=itemgetter(1)) for find in (min, max)})
    return thinned if len(run) == 1 else [*thinned, run[-1]]


def _strip_zeros(value: Decimal, digits: int) -> str:
    """Write a number without trailing zeros, and never as 1E+3."""
    text = f"{Decimal(f'{value:.{digits}g}'):,f}"
    return write_number(text.rstrip("0").rstrip(".") if "." in text else text)
