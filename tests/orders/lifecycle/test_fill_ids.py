"""Each executed part has a name of its own, whoever tells of it and in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exchanges.base import FillReport
from orders.lifecycle.fill_ids import assign_ids

AT = datetime(2026, 11, 21, tzinfo=UTC)


def part(trade_id: str, quantity: str = "1", *, second: int = 0, price: str = "5") -> FillReport:
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


def told(*batches: list[FillReport]) -> dict[str, FillReport]:
    known: dict[str, FillReport] = {}
    for batch in batches:
        known |= {n: f for n, f in assign_ids(batch, known=known).items() if n not in known}
    return known


def quantities(known: dict[str, FillReport]) -> list[Decimal]:
    return sorted(fill.quantity for fill in known.values())


def test_an_id_is_the_name() -> None:
    assert assign_ids([part("5")], known={}) == {"5": part("5")}


def test_one_id_for_two_parts_makes_two_names() -> None:
    known = told([part("5", "1"), part("5", "2")])
    assert quantities(known) == [1, 2]
    assert all(name == fill.trade_id for name, fill in known.items())


def test_what_is_told_again_is_known() -> None:
    parts = [part("5", "1"), part("5", "2"), part("", "3"), part("", "3")]
    assert told(parts) == told(parts, parts) == told(parts, parts[::-1], parts)


def test_a_part_is_the_same_with_other_details() -> None:
    later = replace(part("5", "1.00"), fee=Decimal(1), executed_at=AT + timedelta(seconds=9))
    assert list(told([part("5", "1")], [later])) == ["5"]


def test_equal_parts_without_an_id_are_as_many_as_one_list_has() -> None:
    twins = [part(""), part("")]
    assert len(told(twins)) == len(told(twins[:1], twins)) == len(told(twins, twins[:1])) == 2
    assert len(told(twins[:1], twins[:1])) == 1


def test_parts_of_different_moments_are_different() -> None:
    assert len(told([part("", second=1)], [part("", second=2)])) == 2


@given(st.permutations([part("5", "1"), part("5", "2"), part("", "3"), part("", "4"), part("6")]))
def test_no_order_of_telling_changes_what_was_executed(parts: list[FillReport]) -> None:
    one_by_one = told(*[[fill] for fill in parts])
    at_once = told(parts)
    assert quantities(one_by_one) == quantities(at_once) == [1, 1, 2, 3, 4]
    assert told([*parts], *[[fill] for fill in parts]) == at_once
