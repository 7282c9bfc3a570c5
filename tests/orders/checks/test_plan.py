"""Plans with the least rate-limit weight."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from exchanges import venues
from exchanges.base import OrderName
from orders.checks.plan import PendingOrder, build_plan, select_uncancelled, select_unsent
from tests.orders.reports import NOON

SPOT = venues.get_weights("binance", "spot")
USDM = venues.get_weights("binance", "futures")


def make_order(number: int = 1, symbol: str = "BTC/USDT", **changes: Any) -> PendingOrder:
    name = OrderName(symbol=symbol, client_order_id=f"fw{number}", exchange_order_id=str(number))
    order = PendingOrder(
        id=number,
        name=name,
        status="new",
        filled=Decimal(0),
        fills_quantity=Decimal(0),
        interval=timedelta(seconds=5),
        created_at=NOON - timedelta(minutes=1),
        submitted_at=NOON - timedelta(minutes=1),
        checked_at=NOON - timedelta(seconds=5),
        cancel_requested=False,
    )
    return replace(order, **changes)


def test_one_order_is_asked_by_itself() -> None:
    result = build_plan([make_order()], SPOT)
    assert ([order.id for order in result.singles], result.weight) == ([1], 4)


def test_two_orders_of_a_symbol_are_cheaper_as_a_list() -> None:
    result = build_plan([make_order(1), make_order(2)], SPOT)
    assert (result.lists, result.weight) == (("BTC/USDT",), 6)
    assert len(result.listed) == 2


def test_each_symbol_goes_its_cheapest_way() -> None:
    result = build_plan([make_order(1), make_order(2), make_order(3, "ETH/USDT")], SPOT)
    assert (result.lists, result.weight) == (("BTC/USDT",), 10)
    assert [order.id for order in result.singles] == [3]


def test_many_symbols_are_cheapest_all_at_once() -> None:
    orders = [make_order(n, f"C{n // 2}/USDT") for n in range(40)]
    result = build_plan(orders, SPOT)
    assert (result.lists, result.weight, result.singles) == ((None,), 80, ())


def test_thirteen_lists_are_still_cheaper_than_everything() -> None:
    result = build_plan([make_order(n, f"C{n // 2}/USDT") for n in range(26)], SPOT)
    assert (len(result.lists), result.weight) == (13, 78)


def test_an_unknown_outcome_is_always_asked_by_name() -> None:
    orders = [make_order(n) for n in range(5)] + [make_order(9, status="unknown")]
    result = build_plan(orders, SPOT)
    assert [order.id for order in result.singles] == [9]
    assert result.weight == 6 + 4


def test_an_ended_order_is_only_asked_for_its_missing_fills() -> None:
    result = build_plan([make_order(status="filled", filled=Decimal(1))], SPOT)
    assert ([order.id for order in result.fills], result.weight) == ([1], 5)


def test_a_wish_that_no_worker_took_is_handed_on_again() -> None:
    lost = make_order(1, status="pending", submitted_at=None)
    young = make_order(2, status="pending", submitted_at=None, created_at=NOON)
    assert select_unsent([lost, young, make_order(3)], now=NOON) == [lost]


def test_a_cancel_without_an_end_is_handed_on_again() -> None:
    leaving = make_order(1, cancel_requested=True)
    assert select_uncancelled([leaving, make_order(2)]) == [leaving]


def make_conditional(number: int) -> PendingOrder:
    name = OrderName(
        symbol="BTC/USDT:USDT",
        client_order_id=f"fw{number}",
        exchange_order_id=f"algo:{number}",
        is_conditional=True,
    )
    return make_order(number, name=name)


def test_a_few_that_wait_in_a_book_of_their_own_are_asked_one_by_one() -> None:
    result = build_plan([make_conditional(1), make_order(2, "BTC/USDT:USDT")], USDM)
    assert ([order.id for order in result.singles], result.lists_conditional) == ([2, 1], False)
    assert result.weight == 2


def test_many_that_wait_are_asked_by_the_list_of_that_book() -> None:
    orders = [make_conditional(n) for n in range(41)]
    result = build_plan(orders, USDM)
    assert (result.lists, result.lists_conditional, result.weight) == ((), True, 40)
    assert len(result.listed) == 41


def test_where_all_wait_in_one_book_there_is_no_other_list() -> None:
    result = build_plan([make_conditional(n) for n in range(41)], SPOT)
    assert (result.lists, result.lists_conditional) == (("BTC/USDT:USDT",), False)


def test_a_whole_plan_reads_every_list_even_if_nothing_is_known() -> None:
    result = build_plan([], USDM, full=True)
    assert (result.lists, result.lists_conditional, result.weight) == ((None,), True, 80)
    spot = build_plan([make_order()], SPOT, full=True)
    assert (spot.lists, spot.lists_conditional, spot.weight) == ((None,), False, 80)
    assert [order.id for order in spot.listed] == [1]


def test_thousands_are_planned_without_comparing_each_with_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[object] = []

    def compare(one: object, other: object) -> bool:
        compared.append(other)
        return one is other

    monkeypatch.setattr(PendingOrder, "__eq__", compare)
    statuses = ["unknown", "new", "new"]
    orders = [make_order(number, status=statuses[number % 3]) for number in range(60)]
    assert len(build_plan(orders, SPOT).listed) == 40
    assert compared == []
