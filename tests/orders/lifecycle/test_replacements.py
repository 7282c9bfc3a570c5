"""A venue renames and changes orders: whichever of its words comes first, the result is one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.base import OrderReport
from orders.lifecycle import replacements
from orders.lifecycle.states import OrderState, merge_report
from tests.orders.reports import NOON, fill, report

TEN = Decimal(10)


def make_state(**changes: object) -> OrderState:
    start = OrderState(status="pending", quantity=TEN, price=Decimal(100))
    return replace(start, **changes)  # type: ignore[arg-type]


def merge_all(start: OrderState, *reports: OrderReport) -> OrderState:
    for said in reports:
        start = merge_report(start, said, now=NOON).state
    return start


@pytest.mark.parametrize(
    ("known", "name", "status", "place"),
    [
        ("", "7", "new", "same"),
        ("7", "7", "canceled", "same"),
        ("7", "", "new", "same"),
        ("algo:9", "7", "new", "successor"),
        ("7", "algo:9", "canceled", "past"),
        ("algo:9", "algo:10", "new", "successor"),
        ("7", "8", "canceled", "successor"),
        ("10", "9", "new", "past"),
        ("a-b", "c-d", "new", "successor"),
        ("a-b", "c-d", "canceled", "past"),
    ],
)
def test_which_of_two_names_is_the_later(known: str, name: str, status: str, place: str) -> None:
    assert (
        replacements.classify_report(report(status, exchange_order_id=name), known=known) == place
    )


def test_a_triggered_order_goes_on_whatever_was_said_of_its_waiting() -> None:
    waits = report("new", exchange_order_id="algo:5")
    gone = report("canceled", exchange_order_id="algo:5")
    stands = report("new", exchange_order_id="77")
    for story in ([waits, gone, stands], [stands, gone, waits], [gone, stands, waits]):
        now = merge_all(make_state(), *story)
        assert (now.status, now.exchange_order_id, now.ended_at) == ("new", "77", None)
        assert (now.quantity, now.carried) == (TEN, Decimal(0))


def test_a_replaced_order_counts_what_was_filled_before() -> None:
    part = fill("t1", "4", exchange_order_id="77")
    first = merge_all(
        make_state(), report("partially_filled", "4", fills=(part,)), report("canceled", "4")
    )
    second = report("new", "0", exchange_order_id="78", quantity=Decimal(6))
    now = merge_all(first, second)
    assert (now.status, now.filled, now.quantity) == ("partially_filled", Decimal(4), TEN)
    late = merge_all(now, report("canceled", "4"))
    assert late == now
    done = merge_all(now, replace(second, status="filled", filled=Decimal(6)))
    assert (done.status, done.filled, done.exchange_order_id) == ("filled", TEN, "78")


def test_what_was_filled_of_the_one_before_still_counts_when_told_late() -> None:
    now = merge_all(make_state(), report("new"), report("new", exchange_order_id="78"))
    late = merge_all(now, report("canceled", "4", fills=(fill("t1", "4"),)))
    assert (late.status, late.filled) == ("partially_filled", Decimal(4))


def at(second: int, price: str, quantity: str = "10") -> OrderReport:
    return report(
        "new",
        price=Decimal(price),
        quantity=Decimal(quantity),
        reported_at=NOON + timedelta(seconds=second),
    )


@given(st.permutations([at(1, "100"), at(2, "90"), at(3, "90", "12"), at(4, "95", "12")]))
def test_the_last_terms_count_whenever_they_are_heard(told: list[OrderReport]) -> None:
    now = merge_all(make_state(), *told)
    assert (now.price, now.quantity) == (Decimal(95), Decimal(12))


@pytest.mark.parametrize(
    "said",
    [
        at(1, "100"),
        replace(at(1, "90"), reported_at=None),
        replace(at(1, "90"), price=None),
        replace(at(1, "90"), quantity=None),
    ],
)
def test_what_names_no_other_terms_changes_none(said: OrderReport) -> None:
    now = merge_all(make_state(), said)
    assert (now.price, now.quantity, now.terms_at) == (Decimal(100), TEN, None)


def test_a_market_order_has_no_terms_to_change() -> None:
    now = merge_all(make_state(price=None), at(1, "90", "9"))
    assert (now.price, now.quantity) == (None, TEN)


def test_made_smaller_than_what_is_filled_it_is_filled() -> None:
    now = merge_all(make_state(), report("partially_filled", "4"))
    smaller = replace(at(5, "100", "4"), filled=Decimal(4))
    assert merge_all(now, smaller).status == "filled"


waiting = st.sampled_from(["new", "canceled", "expired", "unknown"])


@given(st.lists(waiting, max_size=3), st.integers(0, 10), st.randoms())
def test_no_order_of_arrival_changes_what_became_of_a_waiting_order(
    before: list[str],
    filled: int,
    random: "st.Random",  # type: ignore[name-defined]
) -> None:
    parts = tuple(fill(f"t{n}", "1", str(100 + n)) for n in range(filled))
    end = "filled" if filled == 10 else "canceled"
    story = [report(status, exchange_order_id="algo:5") for status in before]
    story += [report("new"), report(end, str(filled), fills=parts)]
    one, other = (
        merge_all(make_state(), *story),
        merge_all(make_state(), *random.sample(story, len(story))),
    )
    assert one == replace(other, ended_reason=one.ended_reason)
    assert (one.status, one.filled) == (end, Decimal(filled))
