"""Where things stand in a chart: round numbers beside it, gaps kept, extremes never lost. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from typing import Final

from realtime.values import ZERO

STEPS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
SAME_HEIGHT: Final = Decimal("1e-12")  # of a value: what differs less than this is one height
SUFFIXES: Final = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))
MINUS: Final = "\N{MINUS SIGN}"

KnownPoint = tuple[datetime, Decimal]
ChartPoint = tuple[datetime, Decimal | None]  # None: it is not known what was true then


@dataclass(frozen=True, slots=True)
class Scale:
    """From a lowest to a highest value, with the few round numbers that are written beside it."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def share(self, value: Decimal) -> Decimal:
        """0 at the bottom, 1 at the top."""
        return (value - self.low) / (self.high - self.low)


def fit_scale(values: Iterable[Decimal], *, with_zero: bool = False, ticks: int = 4) -> Scale:
    """Just wide enough to end on round numbers; a single value stands in the middle."""
    found = [*values, *([ZERO] if with_zero else [])]
    low, high = min(found), max(found)
    if high - low <= abs(high) * SAME_HEIGHT:
        room = abs(low) / 20 or Decimal(1)
        low, high = low - room, high + room
    step = _round_step((high - low) / ticks)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    marks = tuple(step * number for number in range(int(first), int(last) + 1))
    return Scale(marks[0], marks[-1], marks)


def split_at_gaps(points: Iterable[ChartPoint]) -> list[list[KnownPoint]]:
    """What is known without a gap in between, each part by itself."""
    parts = groupby(points, key=lambda point: point[1] is None or not point[1].is_finite())
    return [
        [(at, value) for at, value in part if value is not None]
        for is_gap, part in parts
        if not is_gap
    ]


def thin_points(points: Sequence[ChartPoint], *, most: int) -> list[list[KnownPoint]]:
    """At most about so many points of each kind of extreme: ups and downs look as before.

    Time is cut into columns. Of each column its lowest and highest value stay; a gap stays if it
    is as wide as a column, for a narrower one could not be seen.
    """
    parts = split_at_gaps(points)
    if sum(len(part) for part in parts) <= most:
        return parts
    column = (parts[-1][-1][0] - parts[0][0][0]) / max(1, most // 2)
    column = max(column, timedelta.resolution)
    return [_thin_run(part, column, parts[0][0][0]) for part in _join_close_runs(parts, column)]


def spread_times(first: datetime, last: datetime, *, most: int) -> list[datetime]:
    """A few moments from the first to the last, evenly."""
    if first == last:
        return [first]
    step = (last - first) / (most - 1)
    return [*(first + step * number for number in range(most - 1)), last]


def format_moment(at: datetime, span: timedelta) -> str:
    """As exact as the whole width asks for."""
    if span <= timedelta(days=2):
        return f"{at:%H:%M}"
    if span <= timedelta(days=300):
        return f"{at.day} {at:%b}"
    return f"{at:%b %Y}"


def format_tick(value: Decimal, *, step: Decimal | None = None) -> str:
    """12.4k, 1.2M, 0.0005: for the edge of a chart, where room is short.

    Marks that are a `step` apart are never written alike.
    """
    sign, value = (MINUS, -value) if value < 0 else ("", value)
    digits = max(3, value.adjusted() - step.adjusted() + 1) if step and value else 5
    for size, letter in SUFFIXES:
        if value >= size * 10 or (value >= size and letter != "k"):
            return f"{sign}{_strip_zeros(value / size, digits)}{letter}"
    return f"{sign}{_strip_zeros(value, digits)}"


def format_number(value: Decimal, *, signed: bool = False) -> str:
    """Every digit that matters at a glance: two places, or four digits below one."""
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    value = abs(value)
    if value >= 1 or not value:
        return f"{sign}{value:,.2f}"
    return f"{sign}{Decimal(f'{value:.4g}'):f}"


def _round_step(least: Decimal) -> Decimal:
    size = Decimal(10) ** least.adjusted()
    return next(size * one for one in STEPS if size * one >= least)


def _join_close_runs(
    parts: list[list[KnownPoint]], column: timedelta
) -> Iterable[list[KnownPoint]]:
    whole = list(parts[0])
    for part in parts[1:]:
        if part[0][0] - whole[-1][0] >= column:
            yield whole
            whole = list(part)
        else:
            whole += part
    yield whole


def _thin_run(part: list[KnownPoint], column: timedelta, start: datetime) -> list[KnownPoint]:
    kept = [part[0]]
    for _, group in groupby(part[1:-1], key=lambda point: (point[0] - start) // column):
        some = list(group)
        ends = {min(some, key=lambda point: point[1]), max(some, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept if len(part) == 1 else [*kept, part[-1]]


def _strip_zeros(value: Decimal, digits: int) -> str:
    """Without zeros that only fill up, and never as 1E+3."""
    text = f"{Decimal(f'{value:.{digits}g}'):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
