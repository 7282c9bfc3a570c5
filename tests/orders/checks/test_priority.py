"""The orders that are due, and the order in which a sweep asks about them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from orders.checks.priority import is_urgent, select_due
from tests.orders.checks.test_plan import make_order
from tests.orders.reports import NOON

TICK = timedelta(seconds=5)


def test_what_the_market_has_passed_is_due_at_each_tick_and_comes_first() -> None:
    seldom: dict[str, Any] = {
        "interval": timedelta(minutes=1),
        "checked_at": NOON - timedelta(seconds=6),
    }
    passed = make_order(1, is_price_crossed=True, **seldom)
    assert select_due([make_order(2, **seldom), make_order(3), passed], now=NOON, tick=TICK) == [
        passed,
        make_order(3),
    ]
    assert is_urgent(passed)


def test_due_when_the_next_tick_would_be_too_late() -> None:
    fresh = make_order(1, interval=timedelta(seconds=10), checked_at=NOON - timedelta(seconds=5))
    slow = make_order(2, interval=timedelta(minutes=1), checked_at=NOON - timedelta(seconds=30))
    late = make_order(3, checked_at=NOON - timedelta(seconds=0.1))
    assert select_due([fresh, slow, late], now=NOON, tick=TICK) == [late]


def test_what_is_on_its_way_to_the_venue_is_left_alone() -> None:
    flying = make_order(status="pending", submitted_at=NOON - timedelta(seconds=3), checked_at=None)
    lost = replace(flying, submitted_at=NOON - timedelta(seconds=16))
    assert select_due([flying], now=NOON, tick=TICK) == []
    assert select_due([lost], now=NOON, tick=TICK) == [lost]


def test_the_unknown_come_first_then_cancels_then_partly_filled_then_the_longest_unchecked() -> (
    None
):
    old = make_order(1, checked_at=NOON - timedelta(seconds=60))
    older = make_order(2, checked_at=NOON - timedelta(seconds=90))
    partly = make_order(3, status="partially_filled")
    leaving = make_order(4, cancel_requested=True)
    unknown = make_order(5, status="unknown")
    order = select_due([old, older, partly, leaving, unknown], now=NOON, tick=TICK)
    assert [each.id for each in order] == [5, 4, 3, 2, 1]


def test_of_two_alike_the_one_that_is_worth_much_comes_first() -> None:
    small, big = (
        make_order(1, checked_at=NOON - timedelta(seconds=60)),
        make_order(2, is_high_value=True),
    )
    partly = make_order(3, status="partially_filled")
    order = select_due([small, big, partly], now=NOON, tick=TICK)
    assert [each.id for each in order] == [3, 2, 1]
