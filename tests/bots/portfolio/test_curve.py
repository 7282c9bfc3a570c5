"""A curve has a gap wherever points are missing, however far apart they usually are."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bots.portfolio.curve import DAY, HOUR, CurvePoint, add_gaps, point_distance
from tests.orders.reports import NOON

ROUND = timedelta(minutes=5)


def points(first: timedelta, every: timedelta, *numbers: int) -> list[CurvePoint]:
    return [CurvePoint(NOON - first + every * number, Decimal(number)) for number in numbers]


def values(found: list[CurvePoint]) -> list[int | None]:
    return [None if one.value is None else int(one.value) for one in found]


@pytest.mark.parametrize(
    ("age", "every"),
    [(HOUR, ROUND), (8 * DAY, HOUR), (100 * DAY, DAY)],
    ids=["rounds", "hours", "days"],
)
def test_missing_points_are_a_gap(age: timedelta, every: timedelta) -> None:
    given = points(age, every, 1, 2, 5, 6)
    found = add_gaps(given, round_=ROUND, now=NOON)
    assert values(found) == [1, 2, None, 5, 6]
    assert found[2].at == given[1].at + every


def test_a_late_point_is_no_gap() -> None:
    assert values(add_gaps(points(HOUR, ROUND, 1, 3, 4), round_=ROUND, now=NOON)) == [1, 3, 4]


def test_no_gap_where_hourly_points_begin() -> None:
    old = points(7 * DAY + HOUR, HOUR, 0, 1)
    new = points(7 * DAY - ROUND, ROUND, 0, 1)
    assert None not in values(add_gaps([*old, *new], round_=ROUND, now=NOON))


def test_slow_rounds_are_further_apart() -> None:
    assert point_distance(NOON - 8 * DAY, round_=timedelta(hours=6), now=NOON) == timedelta(hours=6)


def test_an_empty_curve_has_no_gaps() -> None:
    assert add_gaps([], round_=ROUND, now=NOON) == []
