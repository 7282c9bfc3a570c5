"""The table of what reports change, and the shuffles: no order of arrival changes the result."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.base import FillReport, OrderReport
from orders.lifecycle import history, replacements, states
from orders.lifecycle.conclusions import conclude_absence, mark_unanswered, refuse_order
from orders.lifecycle.states import OrderState, merge_fills, merge_report
from tests.orders.reports import NOON, fill, report

TEN = Decimal(10)


def make_state(status: str = "pending", **changes: object) -> OrderState:
    return replace(OrderState(status=status, quantity=TEN), **changes)  # type: ignore[arg-type]


def merge_all(start: OrderState, *reports: OrderReport) -> OrderState:
    for said in reports:
        start = merge_report(start, said, now=NOON).state
    return start


@pytest.mark.parametrize(
    ("before", "said", "expected"),
    [
        ("pending", report("new"), "new"),
        ("unknown", report("new"), "new"),
        ("pending", report("partially_filled", "4"), "partially_filled"),
        ("new", report("partially_filled", "4"), "partially_filled"),
        ("new", report("new", "4"), "partially_filled"),
        ("partially_filled", report("new"), "partially_filled"),
        ("new", report("filled", "10"), "filled"),
        ("new", report("canceled", "10"), "filled"),
        ("new", report("filled", "4"), "filled"),
        ("new", report("filled", "0"), "new"),
        ("new", report("filled", None), "new"),
        ("canceled", report("filled", "4"), "filled"),
        ("new", report("canceled", "4"), "canceled"),
        ("new", report("expired", "4"), "expired"),
        ("new", report("rejected"), "rejected"),
        ("new", report("rejected", "4"), "expired"),
        ("new", report("unknown"), "new"),
        ("pending", report("unknown"), "new"),
        ("filled", report("new", "10"), "filled"),
        ("filled", report("canceled", "10"), "filled"),
        ("canceled", report("new"), "canceled"),
        ("canceled", report("partially_filled", "4"), "canceled"),
        ("canceled", report("filled", "10"), "filled"),
        ("expired", report("filled", "10"), "filled"),
        ("denied", report("new"), "new"),
    ],
)
def test_one_report(before: str, said: OrderReport, expected: str) -> None:
    filled = TEN if before == "filled" else Decimal(0)
    assert merge_all(make_state(before, filled=filled), said).status == expected


@pytest.mark.parametrize("status", ["partially_filled", "canceled"])
def test_filled_never_goes_down_and_says_so(status: str) -> None:
    held = make_state("partially_filled", filled=Decimal(4))
    decision = merge_report(held, report(status, "3"), now=NOON)
    assert decision.state.filled == 4
    assert "we hold 4" in decision.alarms[0]


def test_a_late_word_is_no_alarm() -> None:
    for before in ("partially_filled", "filled"):
        decision = merge_report(make_state(before, filled=Decimal(4)), report("new", "0"), now=NOON)
        assert decision.state.filled == 4
        assert not decision.alarms


def test_a_status_nobody_knows_is_an_alarm_and_no_end() -> None:
    decision = merge_report(make_state("new"), report("unknown", raw_status="NEW_ADL"), now=NOON)
    assert decision.state.status == "new"
    assert "NEW_ADL" in decision.alarms[0]


def test_more_filled_than_ordered_is_an_alarm_beyond_one_unit() -> None:
    before = make_state("new")
    after = merge_report(before, report("filled", "10.5"), now=NOON).state
    assert after.status == "filled"
    assert "more than the ordered 10" in history.describe_overfill(
        before, after, unit=Decimal("0.1")
    )
    assert not history.describe_overfill(before, after, unit=Decimal("0.5"))
    assert not history.describe_overfill(after, after, unit=Decimal(0))  # once is enough


def test_a_fee_that_comes_later_completes_the_fill_and_nothing_takes_it_back() -> None:
    known = merge_report(
        make_state("new"), report("new", fills=(fill("1", "4", fee=None),)), now=NOON
    ).state
    assert known.lacks_fees
    decision = merge_fills(known, [fill("1", "4")], now=NOON)
    assert (decision.new_fills, decision.completed_fills) == ((), (decision.state.fills["1"],))
    assert decision.state.fills["1"].fee == Decimal("0.001")
    later = merge_fills(decision.state, [fill("1", "4", fee=Decimal(7))], now=NOON)
    assert later.state == decision.state


def test_a_fill_counts_once_whoever_tells_it() -> None:
    told = merge_all(
        make_state(), report("partially_filled", "4", fills=(fill("t1", "4"),)), report("new", "4")
    )
    again = merge_fills(told, [fill("t1", "4")], now=NOON)
    assert again.state == told
    assert again.new_fills == ()


def test_a_fill_twice_in_one_report_is_one_fill() -> None:
    twice = (fill("t1", "4"), fill("t1", "4"))
    assert merge_all(make_state(), report("new", "4", fills=twice)).fills_quantity == 4


def test_a_late_fill_counts_after_a_cancel() -> None:
    late = merge_fills(
        merge_all(make_state(), report("canceled")), [fill("t1", "4", "50")], now=NOON
    ).state
    assert (late.status, late.filled) == ("canceled", Decimal(4))
    assert late.average_price == Decimal(50)


def test_the_average_comes_from_the_fills_once_they_cover_what_was_filled() -> None:
    said = merge_all(make_state(), report("partially_filled", "4", "401"))
    assert said.average_price == Decimal("100.25")
    known = merge_fills(said, [fill("t1", "1", "100"), fill("t2", "3", "102")], now=NOON).state
    assert known.average_price == Decimal("101.5")


def test_big_amounts_of_small_coins_keep_every_digit() -> None:
    big = fill("t1", "123456789012345678.12345678", "0.00000812")
    known = merge_fills(replace(make_state(), quantity=Decimal("1E+20")), [big], now=NOON).state
    assert known.cost == Decimal("1002469126780.2469063624690536")


def test_absent_before_any_sign_of_it_is_rejected() -> None:
    ended = conclude_absence(make_state("unknown"), now=NOON).state
    assert (ended.status, ended.is_assumed) == ("rejected", True)


def test_absent_after_it_was_seen_ends_with_what_was_filled() -> None:
    seen = merge_all(make_state(), report("partially_filled", "4"))
    ended = conclude_absence(seen, now=NOON).state
    assert (ended.status, ended.filled) == ("canceled", Decimal(4))


def test_an_assumed_end_gives_way_to_the_venues_word() -> None:
    ended = conclude_absence(make_state("unknown"), now=NOON).state
    alive = merge_all(ended, report("new"))
    assert (alive.status, alive.ended_at, alive.ended_reason) == ("new", None, "")


def test_absence_ends_nothing_that_has_ended() -> None:
    filled = merge_all(make_state(), report("filled", "10"))
    assert conclude_absence(filled, now=NOON).state == filled


@pytest.mark.parametrize("seen", [report("new"), report("canceled"), report("filled", "10")])
def test_a_refusal_says_nothing_about_an_order_that_the_venue_has(seen: OrderReport) -> None:
    known = merge_all(make_state(), seen)
    assert refuse_order(known, status="rejected", reason="no", now=NOON).state == known


def test_out_of_sight_only_while_nothing_was_heard() -> None:
    assert mark_unanswered(make_state()).state.status == "unknown"
    assert mark_unanswered(merge_all(make_state(), report("new"))).state.status == "new"


# The life of one order at a venue, as it would be told: whole amounts filled one after another.
amounts = st.lists(st.integers(1, 4), min_size=0, max_size=5).filter(lambda parts: sum(parts) <= 10)
ends = st.sampled_from(["none", "canceled", "expired"])


@st.composite
def report_sequences(draw: st.DrawFn) -> tuple[list[OrderReport], list[OrderReport]]:
    """(the whole story, some telling of it): shuffled, doubled, and with parts left out.

    Left out is never the last word nor a fill's last mention: those are what polls ask for.
    """
    parts, end = draw(amounts), draw(ends)
    fills = [fill(f"t{n}", str(part), str(100 + n)) for n, part in enumerate(parts)]
    story = [report("new")] + [
        build_report(fills[: n + 1], "partially_filled") for n in range(len(fills))
    ]
    if sum(parts) == 10:
        end = "filled"
    if end != "none":
        story.append(build_report(fills, end))
    kept = [said for said in story[:-1] if draw(st.booleans())]
    doubled = kept + [story[-1]] * draw(st.integers(1, 3))
    lists = [build_report([one], "unknown", filled=None) for one in fills]
    return [*story, *lists], draw(st.permutations(doubled + lists))


def build_report(fills: Sequence[FillReport], status: str, **changes: object) -> OrderReport:
    filled = str(sum(part.quantity for part in fills))
    said = report(status, filled, fills=tuple(fills[-1:]))
    return replace(said, **changes)  # type: ignore[arg-type]


@given(report_sequences())
def test_no_order_of_arrival_changes_the_result(
    telling: tuple[list[OrderReport], list[OrderReport]],
) -> None:
    story, shuffled = telling
    expected, result = merge_all(make_state(), *story), merge_all(make_state(), *shuffled)
    assert result.fills == expected.fills
    assert (result.status, result.filled, result.cost) == (
        expected.status,
        expected.filled,
        expected.cost,
    )


@given(report_sequences())
def test_repeating_everything_changes_nothing(
    telling: tuple[list[OrderReport], list[OrderReport]],
) -> None:
    _, shuffled = telling
    once = merge_all(make_state(), *shuffled)
    assert merge_all(once, *shuffled) == once


@given(report_sequences())
def test_filled_and_rank_only_rise(telling: tuple[list[OrderReport], list[OrderReport]]) -> None:
    now = make_state()
    for said in telling[1]:
        then, now = now, merge_all(now, said)
        assert now.filled >= then.filled
        assert states.RANK[now.status] >= states.RANK[then.status]


statuses = st.sampled_from(["new", "partially_filled", "canceled", "expired", "rejected", "filled"])
wild = st.lists(
    st.tuples(statuses, st.integers(0, 12), st.sampled_from([None, 5, 1000])), max_size=6
)


@given(wild, st.randoms())
def test_even_contradicting_reports_give_one_result(
    said: list[tuple[str, int, int | None]],
    random: "st.Random",  # type: ignore[name-defined]
) -> None:
    reports = [
        report(status, str(filled), None if cost is None else str(cost))
        for status, filled, cost in said
    ]
    shuffled = random.sample(reports, len(reports))
    one, other = merge_all(make_state(), *reports), merge_all(make_state(), *shuffled)
    assert (one.status, one.filled, one.cost) == (other.status, other.filled, other.cost)


def test_what_was_executed_under_a_name_before_counts_whenever_it_is_told() -> None:
    placed = merge_report(
        make_state("pending"), report("new", exchange_order_id="77"), now=NOON
    ).state
    later = report("new", exchange_order_id="78", quantity=Decimal(6))
    moved = merge_report(placed, later, now=NOON).state
    assert (moved.quantity, moved.former) == (
        Decimal(6),
        {"77": replacements.FormerName(Decimal(0))},
    )
    old = report("canceled", "4", exchange_order_id="77", fills=(fill("1", "4"),))
    told = merge_report(moved, old, now=NOON).state
    assert (told.status, told.quantity, told.filled) == ("partially_filled", *map(Decimal, (10, 4)))
    assert told.former == {"77": replacements.FormerName(Decimal(4), is_settled=True)}
    assert merge_report(told, old, now=NOON).state == told
    done = merge_report(told, replace(later, status="filled", filled=Decimal(6)), now=NOON).state
    assert (done.status, done.filled) == ("filled", Decimal(10))
