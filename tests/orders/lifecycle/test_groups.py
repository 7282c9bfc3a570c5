"""What a group of orders does next, from the states of its orders alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Final

import pytest

from orders.lifecycle.groups import EXITS, GroupTerms, Leg, NextStep, decide_next

NOW: Final = datetime(2026, 11, 30, 12, tzinfo=UTC)
TERMS: Final = GroupTerms(
    kind="bracket",
    roles=EXITS,
    acquired=Decimal("0.02"),
    step=Decimal("0.00001"),
    least=Decimal("0.00001"),
)
PAIR: Final = replace(TERMS, holds_pair=True)
numbers = count(1)


def a_leg(role: str, status: str = "new", filled: str = "0", **more: Any) -> Leg:
    usual = {"id": next(numbers), "quantity": Decimal("0.02"), "created_at": NOW}
    return Leg(**{**usual, **more}, role=role, status=status, filled=Decimal(filled))


def decide(*legs: Leg, terms: GroupTerms = TERMS, now: datetime = NOW) -> NextStep:
    return decide_next(terms, legs, now=now)


FILLED_ENTRY: Final = a_leg("entry", "filled", "0.02")


def test_what_was_filled_gets_both_exits() -> None:
    step = decide(FILLED_ENTRY)
    assert (step.places, step.quantity, step.state) == (EXITS, Decimal("0.02"), "active")


def test_with_exits_of_the_right_size_nothing_is_to_do() -> None:
    step = decide(FILLED_ENTRY, *map(a_leg, EXITS))
    assert (step.places, step.cancels, step.due_at, step.state) == ((), (), None, "active")


def test_one_exit_filled_ends_the_other_and_the_entry() -> None:
    entry = a_leg("entry", "partially_filled", "0.02", quantity=Decimal(1))
    loss = a_leg("stop_loss")
    step = decide(entry, a_leg("take_profit", "filled", "0.02"), loss)
    assert (set(step.cancels), step.places) == ({entry.id, loss.id}, ())
    assert not step.is_over


@pytest.mark.parametrize("terms", [TERMS, PAIR])
def test_an_exit_on_its_way_out_is_waited_for(terms: GroupTerms) -> None:
    """Or its role would have exits for more than what is left, or a pair no coins behind it."""
    loss = a_leg("stop_loss", is_canceling=True, was_replaced=True, quantity=Decimal("0.03"))
    step = decide(
        FILLED_ENTRY, a_leg("take_profit", "canceled", was_replaced=True), loss, terms=terms
    )
    assert (step.cancels, step.places) == ((), () if terms.holds_pair else ("take_profit",))


def test_a_growing_entry_has_its_exits_replaced_from_time_to_time() -> None:
    entry = a_leg("entry", "partially_filled", "0.02", quantity=Decimal(1))
    exits = [a_leg(role, quantity=Decimal("0.01")) for role in EXITS]
    early = decide(entry, *exits)
    assert (early.cancels, early.due_at) == ((), NOW + timedelta(seconds=5))
    late = decide(entry, *exits, now=NOW + timedelta(seconds=5))
    assert (late.cancels, late.due_at) == (tuple(leg.id for leg in exits), None)
    ended = decide(replace(entry, status="canceled"), *exits)
    assert (ended.cancels, ended.due_at) == (tuple(leg.id for leg in exits), None)


def test_an_exit_that_never_arrived_is_placed_again_and_no_other() -> None:
    lost = a_leg("stop_loss", "rejected", was_never_sent=True)
    assert decide(FILLED_ENTRY, a_leg("take_profit"), lost).places == ("stop_loss",)
    refused = a_leg("stop_loss", "rejected", ended_reason="it would trigger at once")
    step = decide(FILLED_ENTRY, a_leg("take_profit"), refused)
    assert (step.places, step.state) == ((), "unprotected")
    assert step.note == "0.02 left, no stop loss: it would trigger at once"


def test_a_pair_is_placed_and_cancelled_as_one() -> None:
    profit, lost = a_leg("take_profit"), a_leg("stop_loss", "rejected", was_never_sent=True)
    assert decide(FILLED_ENTRY, profit, lost, terms=PAIR).cancels == (profit.id,)
    gone = a_leg("take_profit", "canceled", was_replaced=True)
    assert decide(FILLED_ENTRY, gone, lost, terms=PAIR).places == EXITS


@pytest.mark.parametrize("status", ["new", "partially_filled"])
def test_an_exit_that_its_venue_ended_for_the_other_is_no_loss(status: str) -> None:
    profit, ended = a_leg("take_profit", status), a_leg("stop_loss", "expired")
    step = decide(FILLED_ENTRY, profit, ended, terms=PAIR)
    assert (step.state, step.cancels, step.places) == ("active", (), ())
    assert "its venue ended the stop loss" in step.note


def test_without_its_fee_nobody_knows_how_much_to_exit() -> None:
    terms = replace(TERMS, lacks_fees=True)
    step = decide(FILLED_ENTRY, terms=terms)
    assert (step.places, step.is_over, step.state) == ((), False, "waiting")
    loss = a_leg("stop_loss")
    step = decide(FILLED_ENTRY, a_leg("take_profit", "filled", "0.02"), loss, terms=terms)
    assert step.cancels == (loss.id,)


def test_dust_gets_no_exit_and_ends_the_group() -> None:
    exits = [a_leg("take_profit", "filled", "0.01"), a_leg("stop_loss", "canceled")]
    terms = replace(TERMS, acquired=Decimal("0.01002"), least=Decimal("0.0001"))
    step = decide(FILLED_ENTRY, exits[0], replace(exits[1], was_replaced=True), terms=terms)
    assert (step.places, step.is_over, step.state) == ((), True, "done")
    assert step.note == "0.00002 left, too little for an exit"


def test_more_exited_than_came_in_is_told() -> None:
    step = decide(FILLED_ENTRY, *(a_leg(role, "filled", "0.02") for role in EXITS))
    assert (step.is_over, step.note) == (True, "0.02 more was exited than came in")


def test_a_late_fill_of_an_entry_that_seemed_to_have_ended_is_protected() -> None:
    ended = a_leg("entry", "canceled")
    over = decide(ended, terms=replace(TERMS, acquired=Decimal(0)))
    assert (over.is_over, over.note) == (True, "its entry ended without a fill")
    assert decide(replace(ended, filled=Decimal("0.02"))).places == EXITS


def test_a_cancelled_group_places_nothing() -> None:
    terms, legs = replace(TERMS, is_canceling=True), [a_leg(role) for role in EXITS]
    step = decide(FILLED_ENTRY, *legs, terms=terms)
    assert (step.cancels, step.state) == (tuple(leg.id for leg in legs), "canceling")
    ended = [replace(leg, status="canceled") for leg in legs]
    step = decide(FILLED_ENTRY, *ended, terms=terms)
    assert (step.is_over, step.places, step.state) == (True, (), "done")
    assert step.note == "cancelled with 0.02 left, which has no exit"
