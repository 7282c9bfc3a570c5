"""However fills come, and in however small sittings: the books say what counting all at once says.

Late ones, fees that are known later, fees in coins and in a third currency, rebates, across days.
"""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bots.models import PnlBook, PnlDay
from bots.pnl import fill_counter, fill_rows
from exchanges.models import ExchangeKey
from orders.models import Fill
from tests.bots.pnl.fills import (
    FillSpec,
    count_fills,
    create_bot,
    create_key,
    dump_book,
    write_fills,
)
from tests.orders.reports import NOON
from users.models import User

DAYS = 4
AMOUNTS = some.sampled_from([Decimal(1), Decimal(2), Decimal("0.375")])  # often all is closed
FEES = some.one_of(
    some.none(), some.just(Decimal(0)), some.decimals("-0.5", "0.5", places=4)
)  # rebates too, and more than what was traded
WANTED = some.lists(
    some.builds(
        FillSpec,
        minute=some.integers(0, DAYS * 1440),
        side=some.sampled_from(["buy", "sell"]),
        quantity=AMOUNTS,
        price=some.decimals("0.01", "200", places=2),
        fee=FEES,
        fee_currency=some.sampled_from(["USDT", "BTC", "BNB"]),
        fee_value=some.one_of(some.none(), some.decimals("0.01", "1", places=18)),
        is_bots=some.booleans(),
    ),
    min_size=5,
    max_size=20,
)


@pytest.fixture
def plain(user: User) -> ExchangeKey:
    return create_key(user)


def everything(key: ExchangeKey) -> list[object]:
    books = [dump_book(book) for book in PnlBook.objects.filter(key=key).order_by("pk")]
    profits = Fill.objects.filter(key=key).order_by("pk").values_list("closed_profit", flat=True)
    return [*books, *profits]


def at_once(key: ExchangeKey) -> list[object]:
    """Forget it all and count in one sitting."""
    for book in PnlBook.objects.filter(key=key):
        fill_counter.restart_book(book.pk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fill_counter, "BATCH", 5000)
        count_fills(key)
    return everything(key)


@pytest.mark.parametrize("method", ["fifo", "average"])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=WANTED, drawn=some.data())
def test_any_order_of_arrival_counts_the_same_as_all_at_once(
    plain: ExchangeKey, method: str, wanted: list[FillSpec], drawn: some.DataObject,
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:  # fmt: skip
    settings.PNL_METHOD = method  # type: ignore[attr-defined]
    monkeypatch.setattr(fill_counter, "BATCH", drawn.draw(some.integers(1, 6)))
    with transaction.atomic():
        bot = create_bot(plain)
        left = wanted
        while left:
            size = drawn.draw(some.integers(1, len(left)))
            write_fills(plain, left[:size], bot)
            left = left[size:]
            for _ in range(drawn.draw(some.integers(0, 3))):  # and then it is interrupted
                fill_counter.count_fills(plain.pk)
        count_fills(plain)
        later = Fill.objects.filter(fee=None)
        if later.exists() and drawn.draw(some.booleans()):
            later.update(fee=Decimal("0.25"), fee_currency="USDT", is_counted=False)
            count_fills(plain)
        assert not PnlBook.objects.filter(is_behind=True).exists()
        assert everything(plain) == at_once(plain)
        earned = sum(book.gross for book in PnlBook.objects.filter(key=plain, bot=None))
        profits = Fill.objects.filter(key=plain, closed_profit__isnull=False)
        assert sum(fill.closed_profit or 0 for fill in profits) == earned
        transaction.set_rollback(True)


def a_fill_each(days: int, *, each: int = 4) -> list[FillSpec]:
    """Bought and sold again, so many times a day."""
    return [
        FillSpec(day * 1440 + number, "sell" if number % 2 else "buy", Decimal(1), Decimal(100))
        for day in range(days)
        for number in range(each)
    ]


def test_a_late_fill_goes_back_to_its_day_and_no_further(
    plain: ExchangeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_fills(plain, a_fill_each(20))
    count_fills(plain)
    read: list[int] = []
    read_after = fill_rows.read_after

    def noting(book: PnlBook, key: object, *, limit: int) -> object:
        rows = read_after(book, key, limit=limit)  # type: ignore[arg-type]
        read.append(len(rows))
        return rows

    monkeypatch.setattr(fill_rows, "read_after", noting)
    write_fills(plain, [FillSpec(18 * 1440 + 1, "buy", Decimal(1), Decimal(90))])
    count_fills(plain)
    assert read == [4 + 4 + 1]  # of 81


def test_a_day_without_a_stored_state_goes_back_to_one_with_a_state(plain: ExchangeKey) -> None:
    write_fills(plain, a_fill_each(6))
    count_fills(plain)
    PnlDay.objects.filter(on__gt=NOON.date() + timedelta(days=2)).update(opening_state={})
    write_fills(plain, [FillSpec(4 * 1440 + 1, "buy", Decimal(1), Decimal(90))])
    count_fills(plain)
    book = PnlBook.objects.get()
    assert dump_book(book) == at_once(plain)[0]


@pytest.mark.parametrize("most", [1, 5000])
@pytest.mark.parametrize(
    "heard", [*permutations(["9", "10", "11"]), ("c-09", "b-10", "a-11")], ids="-".join
)
def test_fills_of_the_same_time_are_in_the_venues_order(
    plain: ExchangeKey, monkeypatch: pytest.MonkeyPatch, heard: tuple[str, ...], most: int
) -> None:
    """Its numbers say which came first, whichever was told first; names say nothing."""
    monkeypatch.setattr(fill_counter, "BATCH", most)
    deals = {"9": ("buy", 100), "10": ("buy", 120), "11": ("sell", 130)}
    for number in heard:
        side, price = deals[number.lstrip("abc-0")]
        (fill,) = write_fills(plain, [FillSpec(0, side, Decimal(1), Decimal(price))])
        Fill.objects.filter(pk=fill.pk).update(trade_id=number)
        count_fills(plain)
    book = PnlBook.objects.get()
    (day,) = book.days.all()
    assert (book.gross, book.held, book.cost, day.fills) == (30, 1, 120, 3)
    assert not book.closed_trades.exists()
    assert dump_book(book) == at_once(plain)[0]


def test_an_hour_keeps_every_digit_of_its_trades(plain: ExchangeKey) -> None:
    price = Decimal("12345678901234567890.123456789012345678")
    write_fills(
        plain, [FillSpec(0, "buy", Decimal(1), Decimal(1)), FillSpec(1, "sell", Decimal(1), price)]
    )
    count_fills(plain)
    book = PnlBook.objects.get()
    assert book.hours.get().net == book.closed_trades.get().gross == book.gross
    write_fills(
        plain, [FillSpec(2, "buy", Decimal(1), Decimal(1)), FillSpec(0, "buy", Decimal(1), price)]
    )
    count_fills(plain)
    assert dump_book(book) == at_once(plain)[0]


def test_stored_states_do_not_outgrow_the_fills(plain: ExchangeKey) -> None:
    """Who only ever buys has a lot for each fill; writing all of them down daily would be n²."""
    write_fills(plain, [FillSpec(day * 1440, "buy", Decimal(1), Decimal(100)) for day in range(64)])
    count_fills(plain)
    lots = [
        len(day.opening_state["ledger"]["lots"]) for day in PnlDay.objects.exclude(opening_state={})
    ]
    assert lots == [1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48]


def test_a_book_keeps_its_method_until_a_recount(plain: ExchangeKey, settings: object) -> None:
    def part(minute: int, side: str, price: int) -> FillSpec:
        return FillSpec(minute, side, Decimal(1), Decimal(price))

    write_fills(plain, [part(0, "buy", 100), part(1, "buy", 120), part(2, "sell", 130)])
    count_fills(plain)
    settings.PNL_METHOD = "average"  # type: ignore[attr-defined]
    write_fills(plain, [part(3, "buy", 1), part(1, "sell", 130), part(2, "buy", 130)])  # late too
    count_fills(plain)
    book = PnlBook.objects.get()
    assert book.state["ledger"]["method"] == "fifo"
    at_once(plain)
    book.refresh_from_db()
    assert book.state["ledger"]["method"] == "average"


@pytest.mark.parametrize("symbol", ["BTC/USD:BTC", "ETH/USD:ETH-261225"])
def test_inverse_contracts_have_no_book(plain: ExchangeKey, symbol: str) -> None:
    """Their quantity is money, and their profit coins: counted like others it would be invented."""
    write_fills(plain, [FillSpec(0, "buy", Decimal(1), Decimal(100))], symbol=symbol)
    count_fills(plain)
    assert not PnlBook.objects.exists()


def test_a_book_is_in_its_profit_currency(plain: ExchangeKey) -> None:
    one = FillSpec(0, "buy", Decimal(1), Decimal(100))
    for symbol in ("BTC/USDT", "BTC/USDT:USDT", "BTC/USD:USDC", "BTC/USD:USDT"):
        write_fills(plain, [one], symbol=symbol)
    count_fills(plain)
    assert dict(PnlBook.objects.values_list("symbol", "quote")) == {
        "BTC/USDT": "USDT",
        "BTC/USDT:USDT": "USDT",
        "BTC/USD:USDC": "USDC",
        "BTC/USD:USDT": "USDT",
    }


def test_a_bot_that_changed_its_key_has_a_book_for_each(plain: ExchangeKey, user: User) -> None:
    """Paper and live would be added up otherwise."""
    live, bot = create_key(user, label="live", is_paper=False), create_bot(plain)
    one = FillSpec(0, "buy", Decimal(1), Decimal(100), is_bots=True)
    for key in (plain, live):
        write_fills(key, [one], bot)
        count_fills(key)
    held = bot.books.order_by("key__is_paper").values_list("key__is_paper", "held")
    assert list(held) == [(False, Decimal(1)), (True, Decimal(1))]
