"""The only writer of what was earned: every fill is counted once, in its bot's book and its key's.

A fill that comes late, or whose fee was only known later, takes its books back to the beginning of
its day; from there they are counted again, so many fills at a time. Meanwhile a book is behind.
A book that is not behind has counted just those of its fills that are marked as reckoned; one that
is behind has counted those up to its newest, and goes on from there, whoever was interrupted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import connection

from bots.models import Bot, Mode, PnlBook, PnlDay
from bots.payloads import pnl_data
from bots.pnl import day_rows, fee_values
from bots.pnl import fills as pnl_fills
from bots.pnl.accumulator import Count
from bots.pnl.fills import Executed, currency_of
from bots.pnl.lots import Method
from exchanges.models import ExchangeKey, Symbol
from orders import queue
from orders.models import Fill
from realtime import streams
from realtime.values import ZERO

BATCH: Final = 5000  # fills of one transaction
LOCK: Final = 0x66776D  # of all locks that are taken by number, those of books


def reckon(key_id: int) -> int:
    """Count some of what is not counted yet; of any number of workers one at a time does.

    Says how many it read: with 0 nothing is left to do.
    """
    with streams.unit() as unit:
        _lock(key_id)
        fills = pnl_fills.waiting(key_id, most=BATCH)
        if fills:
            done = _receive(unit, ExchangeKey.objects.get(pk=key_id), fills)
        else:
            done = _go_on(unit, key_id)
    return done


def keys_with_work() -> list[int]:
    waiting = Fill.objects.filter(is_counted=False).order_by().values_list("key", flat=True)
    behind = PnlBook.objects.filter(is_behind=True).order_by().values_list("key", flat=True)
    return sorted({*waiting.distinct(), *behind.distinct()})


def lost(bot_id: int, on: date) -> Decimal:
    """What a bot has lost on a day so far, of what its symbol is paid in; below zero it has won."""
    bot = Bot.objects.select_related("key").get(pk=bot_id)
    days = PnlDay.objects.filter(
        on=on,
        book__bot=bot,
        book__quote=currency_of(bot.symbol),
        book__key__is_paper=bot.key.is_paper,
    )
    return sum((day.fees - day.gross for day in days), ZERO)


def is_behind(bot_id: int) -> bool:
    """Whether what it has earned is being counted again, so that a part of it is missing."""
    return PnlBook.objects.filter(bot=bot_id, is_behind=True).exists()


def begin_anew(book_id: int) -> None:
    """Forget what a book has counted: from its first fill on, and by the method that is set."""
    with streams.unit():
        _lock(PnlBook.objects.values_list("key", flat=True).get(pk=book_id))
        found = (
            PnlBook.objects.select_for_update(of=("self",), no_key=True)
            .select_related("key")
            .get(pk=book_id)
        )
        day_rows.take_back(found, date.min)
        method: Method = settings.PNL_METHOD
        _save(found, Count.begin(method), is_behind=True)


@dataclass(slots=True)
class Room:
    """How many fills this transaction may still read."""

    left: int


def _receive(unit: streams.Unit, key: ExchangeKey, fills: Sequence[Executed]) -> int:
    """New ones are counted at once; late ones take their books back, as far as there is room."""
    fills = fee_values.worth_of(key, fills)
    Fill.objects.filter(pk__in=[fill.pk for fill in fills]).update(is_counted=True)
    room = Room(BATCH)
    for (bot_id, symbol), some in _by_book(fills).items():
        book = _book(key, bot_id, symbol)
        count = _count_of(book)
        if not some[0].is_after(count.newest):
            count = _taken_back(book, some[0].at.date())
            book.is_behind = True
        _note_fee(book, some)
        if book.is_behind:
            some = pnl_fills.after(book, count.newest, most=room.left)
            book.is_behind = len(some) == room.left
            room.left -= len(some)
        _count(unit, book, count, some)
    return len(fills)


def _go_on(unit: streams.Unit, key_id: int) -> int:
    """With a book that is behind. One at least is read, so that whoever asks again comes here."""
    behind = PnlBook.objects.select_for_update(of=("self",), no_key=True).select_related("key")
    book = behind.filter(key=key_id, is_behind=True).order_by("pk").first()
    if book is None:
        return 0
    count = _count_of(book)
    fills = pnl_fills.after(book, count.newest, most=BATCH)
    book.is_behind = len(fills) == BATCH
    _count(unit, book, count, fills)
    return max(1, len(fills))


def _count(unit: streams.Unit, book: PnlBook, count: Count, fills: Sequence[Executed]) -> None:
    dust = _dust(book)
    for fill in fills:
        count.take(fill.pk, pnl_fills.part(fill, book), dust=dust)
    day_rows.add(book, count.days, count.cycles)
    _save(book, count, is_behind=book.is_behind)
    if book.bot_id is not None and not book.is_behind:
        unit.event(user_id=book.user_id, type="pnl_update", data=pnl_data(book))
        _wake(book.bot_id)


def _wake(bot_id: int) -> None:
    """Only who may lose no more than so much minds what has been earned."""
    if Bot.objects.filter(pk=bot_id, mode=Mode.RUNNING, daily_loss__isnull=False).exists():
        queue.to_bot(bot_id)


def _save(book: PnlBook, count: Count, *, is_behind: bool) -> None:
    book.state, book.is_behind = count.dump(), is_behind
    book.gross, book.fees, book.is_provisional = count.gross, count.fees, count.is_provisional
    book.held, book.cost = count.ledger.quantity, count.ledger.cost
    book.newest_at = count.newest[0] if count.newest else None
    book.save()


def _taken_back(book: PnlBook, on: date) -> Count:
    method: Method = book.state["ledger"]["method"]  # as it began, whatever is set by now
    kept = day_rows.take_back(book, on)
    return Count.load(kept) if kept else Count.begin(method)


def _count_of(book: PnlBook) -> Count:
    return Count.load(book.state) if book.state else Count.begin(settings.PNL_METHOD)


def _lock(key_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, key_id % 2**31])


def _by_book(fills: Iterable[Executed]) -> dict[tuple[int | None, str], list[Executed]]:
    """Each belongs to its key, and to the bot that wanted it if there was one."""
    books: dict[tuple[int | None, str], list[Executed]] = defaultdict(list)
    for fill in fills:
        if pnl_fills.is_inverse(fill.symbol):
            continue
        books[None, fill.symbol].append(fill)
        if fill.bot_id is not None:
            books[fill.bot_id, fill.symbol].append(fill)
    return books


def _book(key: ExchangeKey, bot_id: int | None, symbol: str) -> PnlBook:
    """Locked: a bot that is removed meanwhile takes its book with it afterwards."""
    books = PnlBook.objects.select_for_update(of=("self",), no_key=True).select_related("key")
    found = books.filter(key=key, bot=bot_id, symbol=symbol).first()
    return found or PnlBook.objects.create(
        user_id=key.user_id, key=key, bot_id=bot_id, symbol=symbol, quote=currency_of(symbol)
    )


def _note_fee(book: PnlBook, fills: Iterable[Executed]) -> None:
    """In which other currency fees were paid last: its price is followed from then on."""
    for fill in fills:
        if fill.fee_value is not None or fill.lacks_worth:
            book.fee_currency = fill.fee_currency


def _dust(book: PnlBook) -> Decimal:
    """Less than this cannot be sold: who holds no more holds nothing."""
    key = book.key
    rules = Symbol.objects.filter(
        venue=key.venue, market=key.market, is_paper=key.is_paper, name=book.symbol
    ).first()
    return max(rules.quantity_step, rules.min_quantity) if rules else ZERO
