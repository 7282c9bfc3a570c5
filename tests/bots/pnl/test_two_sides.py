"""A key whose account holds a long and a short position has a book for each."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bots.models import PnlBook
from bots.pnl import fill_counter
from exchanges.models import ExchangeKey, PositionMode
from orders import reconciler
from orders.models import Fill, Order, Origin
from tests.orders.reports import NOON, fill, report
from tests.trading import record_order

SYMBOL = "BTC/USDT:USDT"


@pytest.fixture
def hedged_key(key: ExchangeKey) -> ExchangeKey:
    key.market, key.position_mode = "futures", PositionMode.HEDGE
    key.save()
    return key


def trade(
    key: ExchangeKey, side: str, position_side: str, quantity: str, price: str, minute: int
) -> Order:
    order = record_order(
        key,
        symbol=SYMBOL,
        side=side,
        position_side=position_side,
        quantity=Decimal(quantity),
        price=Decimal(price),
    )
    name, at = f"t{order.pk}", NOON + timedelta(minutes=minute)
    money = {"fee": Decimal(1), "fee_currency": "USDT"}
    part = fill(
        name,
        quantity,
        price,
        symbol=SYMBOL,
        executed_at=at,
        side=side,
        exchange_order_id=name,
        **money,
    )
    whole = report(
        "filled",
        quantity,
        symbol=SYMBOL,
        exchange_order_id=name,
        side=side,
        quantity=Decimal(quantity),
        fills=(part,),
    )
    return reconciler.apply_report(order.pk, whole, source="poll", now=at)


def list_books(key: ExchangeKey) -> dict[str, tuple[Any, ...]]:
    while fill_counter.count_fills(key.pk):
        pass
    books = PnlBook.objects.filter(key=key, bot=None)
    return {book.side: (book.held, book.cost, book.gross) for book in books}


def test_what_is_sold_short_closes_nothing_of_the_long_position(hedged_key: ExchangeKey) -> None:
    trade(hedged_key, "buy", "long", "2", "60000", 0)
    trade(hedged_key, "sell", "short", "1", "61000", 1)
    assert list_books(hedged_key) == {"long": (2, 120000, 0), "short": (-1, -61000, 0)}
    trade(hedged_key, "buy", "short", "1", "60500", 2)
    trade(hedged_key, "sell", "long", "2", "60400", 3)
    assert list_books(hedged_key) == {"long": (0, 0, 800), "short": (0, 0, 500)}


def test_a_late_fill_takes_back_only_the_book_of_its_side(hedged_key: ExchangeKey) -> None:
    trade(hedged_key, "buy", "long", "1", "60000", 5)
    trade(hedged_key, "sell", "short", "1", "61000", 6)
    trade(hedged_key, "sell", "long", "1", "60200", 9)
    list_books(hedged_key)
    trade(hedged_key, "buy", "long", "1", "59000", 1)
    assert list_books(hedged_key) == {"long": (1, 59500, 700), "short": (-1, -61000, 0)}


def test_before_and_after_the_switch_books_are_apart(hedged_key: ExchangeKey) -> None:
    trade(hedged_key, "buy", "", "1", "60000", 0)
    trade(hedged_key, "sell", "net", "1", "60100", 1)
    trade(hedged_key, "buy", "long", "1", "60000", 2)
    assert list_books(hedged_key) == {"": (0, 0, 100), "long": (1, 60000, 0)}


def test_fills_of_an_order_from_outside_wait_for_its_side(hedged_key: ExchangeKey) -> None:
    order = trade(hedged_key, "sell", "", "1", "61000", 0)
    orders = Order.objects.filter(pk=order.pk)
    orders.update(origin=Origin.EXTERNAL)
    assert list_books(hedged_key) == {}
    assert not Fill.objects.get().is_counted
    orders.update(position_side="short")
    assert list_books(hedged_key) == {"short": (-1, -61000, 0)}
