"""Combining the reports of a burst changes how often we write, never what is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exchanges.base import OrderReport
from orders.lifecycle.bursts import combine_reports
from orders.lifecycle.states import OrderState, merge_report
from tests.orders.reports import NOON, fill, report

STEPS = [
    report("new"),
    *(
        report(
            "partially_filled" if number < 10 else "filled",
            str(number),
            str(number * 100),
            fills=(fill(f"t{number}", "1"),),
            reported_at=NOON + timedelta(seconds=number),
        )
        for number in range(1, 11)
    ),
]
WITHOUT_IDS = [
    replace(step, fills=tuple(replace(f, trade_id="") for f in step.fills)) for step in STEPS
]
LATE_FEES = [replace(step, fills=tuple(replace(f, fee=None) for f in step.fills)) for step in STEPS]
AMENDED = [
    replace(step, price=Decimal(101), reported_at=NOON + timedelta(minutes=1)) for step in STEPS
]

CHANGED_BACK = [replace(step, reported_at=NOON + timedelta(minutes=2)) for step in STEPS]


def merge_all(reports: Sequence[OrderReport]) -> OrderState:
    state = OrderState(status="pending", quantity=Decimal(10), price=Decimal(100))
    for said in reports:
        state = merge_report(state, said, now=NOON).state
    return state


@given(
    st.lists(
        st.sampled_from([*STEPS, *WITHOUT_IDS, *LATE_FEES, *AMENDED, *CHANGED_BACK]), max_size=30
    )
)
def test_combined_reports_give_the_state_of_the_single_ones(reports: list[OrderReport]) -> None:
    assert merge_all(combine_reports(reports)) == merge_all(reports)


def test_changed_and_changed_back_an_order_is_as_it_was() -> None:
    reports = [STEPS[1], AMENDED[2], CHANGED_BACK[3]]
    assert merge_all(combine_reports(reports)).price == merge_all(reports).price == 100


def test_fills_of_one_order_become_one_report_with_all_of_them() -> None:
    combined = combine_reports(STEPS)
    assert [one.status for one in combined] == ["new", "partially_filled", "filled"]
    assert [one.filled for one in combined] == [0, 9, 10]
    assert [f.trade_id for one in combined for f in one.fills] == [f"t{n}" for n in range(1, 11)]


def test_the_furthest_report_counts_also_when_it_came_first() -> None:
    (combined,) = combine_reports(STEPS[9:0:-1])
    assert (combined.filled, combined.reported_at) == (Decimal(9), STEPS[9].reported_at)


def test_a_repeated_fill_stays_apart() -> None:
    assert combine_reports([STEPS[1], STEPS[1]]) == [STEPS[1], STEPS[1]]
    assert combine_reports(WITHOUT_IDS[1:3]) == WITHOUT_IDS[1:3]


def test_orders_are_not_mixed() -> None:
    other = replace(STEPS[1], exchange_order_id="78")
    assert combine_reports([STEPS[1], other]) == [STEPS[1], other]
