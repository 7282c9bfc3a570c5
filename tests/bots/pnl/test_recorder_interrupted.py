"""Two workers at one key, workers that end in the middle, fills that are marked again and again."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event

import pytest
from django.db import connection, transaction

from bots.models import PnlBook, PnlDay
from bots.pnl import day_rows, fill_counter, fill_rows
from exchanges.models import ExchangeKey
from orders.models import Fill
from realtime import streams
from tests.bots.pnl.fills import (
    FillSpec,
    count_fills,
    create_bot,
    create_key,
    dump_book,
    write_fills,
)
from users.models import User


@pytest.fixture
def plain(transactional_db: None, user: User) -> ExchangeKey:
    return create_key(user)


def deals(*minutes: int) -> list[FillSpec]:
    return [
        FillSpec(minute, "sell" if minute % 2 else "buy", Decimal(1), Decimal(100 + minute % 7),
               Decimal("0.1"), is_bots=minute % 3 == 0)
        for minute in minutes
    ]  # fmt: skip


def all_shown() -> list[object]:
    return [dump_book(book) for book in PnlBook.objects.order_by("pk")]


def assert_nothing_is_missing(key: ExchangeKey) -> None:
    count_fills(key)
    before = all_shown()
    assert sum(day.fills for day in PnlDay.objects.filter(book__bot=None)) == Fill.objects.count()
    for book in PnlBook.objects.all():
        fill_counter.restart_book(book.pk)
    count_fills(key)
    assert all_shown() == before


def test_two_workers_count_while_fills_arrive(
    plain: ExchangeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill_counter, "BATCH", 7)
    bot, over = create_bot(plain), Event()

    def work() -> int:
        done = 0
        try:
            while (some := fill_counter.count_fills(plain.pk)) or not over.is_set():
                done += some
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(work) for _ in range(2)]
        try:
            for start in (2000, 0, 4000, 1000, 3000):  # late ones in between
                write_fills(plain, deals(*range(start, start + 180, 9)), bot)
                Fill.objects.filter(pk=Fill.objects.first().pk).update(is_counted=False)  # type: ignore[union-attr]
        finally:
            over.set()
        assert sum(worker.result(60) for worker in workers) >= 100
    assert_nothing_is_missing(plain)


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (fill_rows, "read_uncounted"),
        (fill_rows, "read_after"),
        (day_rows, "rewind_to"),
        (day_rows, "add_results"),
        (fill_counter, "_save_book"),
        (streams.Unit, "event"),
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_whoever_ends_in_the_middle_leaves_nothing_half(
    plain: ExchangeKey, monkeypatch: pytest.MonkeyPatch, module: object, name: str, times: int
) -> None:
    """The transaction goes with its worker; the next begins where the last whole one ended."""
    monkeypatch.setattr(fill_counter, "BATCH", 4)
    bot = create_bot(plain)
    write_fills(plain, deals(*range(1440, 1460)), bot)
    count_fills(plain)
    write_fills(plain, deals(0, *range(2000, 2010)), bot)
    real, calls = getattr(module, name), iter(range(100))

    def ends(*args: object, **named: object) -> object:
        found = real(*args, **named)
        if next(calls) < times:
            raise Killed
        return found

    monkeypatch.setattr(module, name, ends)
    for _ in range(times):
        with pytest.raises(Killed):
            count_fills(plain)
    assert_nothing_is_missing(plain)


def test_marked_twice_it_is_counted_once(plain: ExchangeKey) -> None:
    write_fills(plain, deals(0, 1, 2), create_bot(plain))
    count_fills(plain)
    before = all_shown()
    for _ in range(2):
        Fill.objects.update(is_counted=False)
        count_fills(plain)
        assert all_shown() == before


def test_what_somebody_changes_just_now_is_not_marked_as_counted(plain: ExchangeKey) -> None:
    """A fee that comes between reading a fill and marking it would be lost otherwise."""
    (fill,) = write_fills(plain, [FillSpec(0, "buy", Decimal(1), Decimal(100), None)])
    locked, counted = Event(), Event()

    def complete() -> None:
        try:
            with transaction.atomic():
                Fill.objects.filter(pk=fill.pk).update(fee=1, fee_currency="USDT", is_counted=False)
                locked.set()
                assert counted.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(complete)
        assert locked.wait(30)
        assert fill_counter.count_fills(plain.pk) == 0  # and it did not wait either
        counted.set()
        later.result(30)
    count_fills(plain)
    assert PnlBook.objects.get().fees == 1


def test_a_removed_bots_fills_stay_in_its_keys_book(plain: ExchangeKey) -> None:
    bot = create_bot(plain)
    write_fills(plain, deals(0, 1, 2, 3), bot)
    count_fills(plain)
    bot.delete()
    Fill.objects.filter(pk=Fill.objects.order_by("pk")[0].pk).update(is_counted=False)
    count_fills(plain)
    book = PnlBook.objects.get()
    assert (book.bot, sum(day.fills for day in book.days.all())) == (None, 4)
