"""The venue's final word settles the quantity; no order of arrival changes what becomes of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.base import FillReport, OrderReport
from orders.lifecycle import history
from orders.lifecycle.states import OrderState, merge_fills, merge_report
from tests.orders.reports import NOON, fill, report

TEN = Decimal(10)


def make_state(**changes: object) -> OrderState:
    start = OrderState(status="new", quantity=TEN, price=Decimal(100))
    return replace(start, **changes)  # type: ignore[arg-type]


def merge_all(start: OrderState, *reports: OrderReport) -> OrderState:
    for said in reports:
        start = merge_report(start, said, now=NOON).state
    return start


@pytest.mark.parametrize("filled", ["3.59", "5", "9.9999999999"])
def test_called_filled_it_has_ended_with_what_was_filled(filled: str) -> None:
    before = make_state()
    decision = merge_report(before, report("filled", filled), now=NOON)
    ended = decision.state
    assert (ended.status, ended.ended_at, ended.is_assumed) == ("filled", NOON, False)
    assert (ended.filled, ended.final_quantity) == (Decimal(filled), Decimal(filled))
    assert f"{filled} of the ordered 10" in history.describe_change(before, decision)
    assert not decision.alarms


def test_an_order_that_is_filled_as_ordered_tells_of_no_cut() -> None:
    before = make_state()
    decision = merge_report(before, report("filled", "10"), now=NOON)
    assert history.describe_change(before, decision) == "filled at the venue"
    assert decision.state.final_quantity == TEN


def test_the_last_fills_after_the_final_word_still_count() -> None:
    ended = merge_all(make_state(), report("filled", "4"))
    late = merge_fills(ended, [fill("1", "4"), fill("2", "5")], now=NOON).state
    assert (late.status, late.filled, late.final_quantity) == ("filled", *[Decimal(9)] * 2)
    whole = merge_fills(late, [fill("3", "1")], now=NOON).state
    assert (whole.status, whole.filled, whole.final_quantity) == ("filled", TEN, TEN)


def test_more_than_ordered_is_not_taken_for_the_quantity() -> None:
    ended = merge_all(make_state(), report("filled", "4"), report("filled", "11"))
    assert (ended.filled, ended.final_quantity) == (Decimal(11), TEN)


def test_sized_in_quote_it_is_partly_filled_until_its_venue_calls_it_filled() -> None:
    now = make_state(quantity=Decimal(0), price=None, lacks_quantity=True)
    for filled in ("1", "2.5"):
        now = merge_all(now, in_quote("partially_filled", filled))
        assert (now.status, now.ended_at, now.quantity) == ("partially_filled", None, now.filled)
    now = merge_all(now, in_quote("filled", "2.6"))
    assert (now.status, now.filled, now.final_quantity) == ("filled", *[Decimal("2.6")] * 2)


def in_quote(status: str, filled: str) -> OrderReport:
    return report(status, filled, type="market", price=None, quantity=None)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[OrderReport], list[OrderReport]]:
    """(the whole story, a shuffled telling of it): "filled" may name less than there was."""
    parts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    fills = [fill(f"t{n}", str(part), str(100 + n)) for n, part in enumerate(parts)]
    known_at_end = draw(st.integers(1, len(fills)))
    story = [build_report(fills[: n + 1], "partially_filled") for n in range(len(fills))]
    story.append(build_report(fills[:known_at_end], "filled"))
    story.append(replace(build_report(fills[:known_at_end], "filled"), filled=None))
    story += [replace(build_report([one], "unknown"), filled=None) for one in fills]
    doubled = story + draw(st.lists(st.sampled_from(story), max_size=3))
    return story, draw(st.permutations(doubled))


def build_report(fills: list[FillReport], status: str) -> OrderReport:
    filled = sum((part.quantity for part in fills), Decimal(0))
    return report(status, str(filled), fills=tuple(fills[-1:]))


@given(stories(), st.sampled_from([Decimal(5), TEN, Decimal(20)]))
def test_no_order_of_arrival_changes_the_settled_quantity(
    telling: tuple[list[OrderReport], list[OrderReport]], ordered: Decimal
) -> None:
    story, shuffled = telling
    start = make_state(quantity=ordered, price=None)
    one, other = merge_all(start, *story), merge_all(start, *shuffled)
    assert (one.status, one.filled, one.fills) == (other.status, other.filled, other.fills)
    assert one.final_quantity == other.final_quantity == min(ordered, one.filled)
    assert (one.status, one.cost) == ("filled", other.cost)


@given(stories())
def test_no_order_of_arrival_changes_one_that_is_sized_in_quote(
    telling: tuple[list[OrderReport], list[OrderReport]],
) -> None:
    start = make_state(quantity=Decimal(0), price=None, lacks_quantity=True)
    one, other = (
        merge_all(start, *[replace(said, quantity=None, price=None) for said in said_in_turn])
        for said_in_turn in telling
    )
    assert (one.status, one.quantity, one.final_quantity) == ("filled", one.filled, one.filled)
    assert (one.quantity, one.cost) == (other.quantity, other.cost)
    assert other.status == "filled"
