"""Each executed part has a name of its own, whoever tells of it and in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exchanges.base import FillReport
from orders.lifecycle.fill_ids import assign_ids

AT = datetime(2026, 11, 21, tzinfo=UTC)


def make_fill(
    trade_id: str, quantity: str = "1", *, second: int = 0, price: str = "5"
) -> FillReport:
    return FillReport(
        symbol="BTC/USDT",
        trade_id=trade_id,
        exchange_order_id="7",
        side="buy",
        price=Decimal(price),
        quantity=Decimal(quantity),
        fee=None,
        fee_currency=None,
        is_maker=None,
        executed_at=AT + timedelta(seconds=second),
    )


def assign_batches(*batches: list[FillReport]) -> dict[str, FillReport]:
    known: dict[str, FillReport] = {}
    for batch in batches:
        known |= {n: f for n, f in assign_ids(batch, known=known).items() if n not in known}
    return known


def list_quantities(known: dict[str, FillReport]) -> list[Decimal]:
    return sorted(fill.quantity for fill in known.values())


def test_an_id_is_the_name() -> None:
    assert assign_ids([make_fill("5")], known={}) == {"5": make_fill("5")}


def test_one_id_for_two_parts_makes_two_names() -> None:
    known = assign_batches([make_fill("5", "1"), make_fill("5", "2")])
    assert list_quantities(known) == [1, 2]
    assert all(name == fill.trade_id for name, fill in known.items())


def test_what_is_told_again_is_known() -> None:
    parts = [make_fill("5", "1"), make_fill("5", "2"), make_fill("", "3"), make_fill("", "3")]
    assert (
        assign_batches(parts)
        == assign_batches(parts, parts)
        == assign_batches(parts, parts[::-1], parts)
    )


def test_a_part_is_the_same_with_other_details() -> None:
    later = replace(make_fill("5", "1.00"), fee=Decimal(1), executed_at=AT + timedelta(seconds=9))
    assert list(assign_batches([make_fill("5", "1")], [later])) == ["5"]


def test_equal_parts_without_an_id_are_as_many_as_one_list_has() -> None:
    twins = [make_fill(""), make_fill("")]
    assert (
        len(assign_batches(twins))
        == len(assign_batches(twins[:1], twins))
        == len(assign_batches(twins, twins[:1]))
        == 2
    )
    assert len(assign_batches(twins[:1], twins[:1])) == 1


def test_parts_of_different_moments_are_different() -> None:
    assert len(assign_batches([make_fill("", second=1)], [make_fill("", second=2)])) == 2


@given(
    st.permutations(
        [
            make_fill("5", "1"),
            make_fill("5", "2"),
            make_fill("", "3"),
            make_fill("", "4"),
            make_fill("6"),
        ]
    )
)
def test_no_order_of_telling_changes_what_was_executed(parts: list[FillReport]) -> None:
    one_by_one = assign_batches(*[[fill] for fill in parts])
    at_once = assign_batches(parts)
    assert list_quantities(one_by_one) == list_quantities(at_once) == [1, 1, 2, 3, 4]
    assert assign_batches([*parts], *[[fill] for fill in parts]) == at_once
