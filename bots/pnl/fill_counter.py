"""The only writer of PnL: every fill is counted once in the book of its key and in its bot's.

A late fill, or one whose fee got its value later, takes its books back to the beginning of its day;
from there they are counted again, one batch of fills at a time. Meanwhile a book is "behind".

The invariant that makes this safe to interrupt: a book that is not behind has counted exactly those
of its fills that are marked as counted. One that is behind has counted those up to its newest, and
continues from there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from bots.models import Bot, Mode, PnlBook, PnlDay
from bots.payloads import pnl_data
from bots.pnl import day_rows, fee_values
from bots.pnl import fill_rows as pnl_fills
from bots.pnl.accumulator import BookState
from bots.pnl.fill_rows import FillRow
from bots.pnl.lots import Ledger, Method
from exchanges.instruments import is_inverse, profit_currency
from exchanges.models import ExchangeKey, Symbol
from orders import task_queue
from orders.models import Fill
from realtime import streams
from realtime.values import ZERO

BookName = tuple[int | None, str, str]  # bot, symbol, side
BATCH: Final = 5000  # fills of one transaction
LOCK: Final = 0x66776D  # the first number of the advisory locks of books; the second is the key


def count_fills(key_id: int) -> int:
    """Count a batch of a key's fills and return how many were read; 0 if nothing is left to do.

    Only one worker at a time counts a key.
    """
    with streams.unit() as unit:
        _lock_books(key_id)
        fills = pnl_fills.read_uncounted(key_id, limit=BATCH)
        if fills:
            return _count_new(unit, ExchangeKey.objects.get(pk=key_id), fills)
        return _continue_book(unit, key_id)


def keys_with_work() -> list[int]:
    """Return the keys that have fills to count."""
    uncounted = Fill.objects.filter(is_counted=False).order_by().values_list("key", flat=True)
    behind = PnlBook.objects.filter(is_behind=True).order_by().values_list("key", flat=True)
    return sorted({*uncounted.distinct(), *behind.distinct()})


def count_waiting(key_ids: list[int] | None, *, anew: bool) -> int:
    """Return how many fills of these keys, or of all, are to be read; `anew`: each one."""
    fills = Fill.objects.all() if anew else Fill.objects.filter(is_counted=False)
    return (fills if key_ids is None else fills.filter(key__in=key_ids)).count()


def loss_of_day(bot_id: int, on: date) -> Decimal:
    """Return a bot's loss on a day so far, in its profit currency; a profit is below zero."""
    bot = Bot.objects.select_related("key").get(pk=bot_id)
    days = PnlDay.objects.filter(
        on=on,
        book__bot=bot,
        book__quote=profit_currency(bot.symbol),
        book__key__is_paper=bot.key.is_paper,
    )
    return sum((day.fees - day.gross for day in days), ZERO)


def is_behind(bot_id: int) -> bool:
    """Tell whether a bot's fills are still being counted again, so that its PnL is incomplete."""
    return PnlBook.objects.filter(bot=bot_id, is_behind=True).exists()


def restart_book(book_id: int) -> None:
    """Empty a book, to be counted from its first fill by the method that is set now."""
    with streams.unit():
        _lock_books(PnlBook.objects.values_list("key", flat=True).get(pk=book_id))
        book = _lock_rows().get(pk=book_id)
        day_rows.rewind_to(book, date.min)
        _save_book(book, BookState(Ledger(_choose_method(book))), is_behind=True)


def preview_book(book: PnlBook) -> BookState:
    """Count a book again from its first fill, by the method that is set now, and save nothing.

    Nothing is locked: a rehearsal must not hold up the counting of new fills, which are left out.
    """
    state, dust = BookState(Ledger(_choose_method(book))), find_smallest_amount(book)
    while fills := pnl_fills.read_after(book, state.newest, limit=BATCH):
        for fill in fills:
            state.add_fill(fill.pk, pnl_fills.to_ledger_fill(fill, book), dust=dust)
        state.days, state.closed_trades, state.closed_profits = {}, [], {}
    return state


def _count_new(unit: streams.Unit, key: ExchangeKey, fills: Sequence[FillRow]) -> int:
    """Count new fills; books with late ones are taken back and count as many as there is room."""
    fills = fee_values.value_fees(key, fills)
    Fill.objects.filter(pk__in=[fill.pk for fill in fills]).update(is_counted=True)
    room = BATCH  # fills that this transaction may still read again
    for (bot_id, symbol, side), batch in _group_by_book(fills).items():
        book = _get_book(key, bot_id, symbol, side)
        state = _load_state(book)
        if not batch[0].is_after(state.newest):
            state = _rewind_book(book, batch[0].at.date())
            book.is_behind = True
        _note_fee_currency(book, batch)
        if book.is_behind:
            batch = pnl_fills.read_after(book, state.newest, limit=room)
            book.is_behind = len(batch) == room
            room -= len(batch)
        _count_into_book(unit, book, state, batch)
    return len(fills)


def _continue_book(unit: streams.Unit, key_id: int) -> int:
    """Count a batch of a book that is behind.

    Returns at least 1 if there is one, so that the caller comes back for the next book.
    """
    book = _lock_rows().filter(key=key_id, is_behind=True).order_by("pk").first()
    if book is None:
        return 0
    state = _load_state(book)
    fills = pnl_fills.read_after(book, state.newest, limit=BATCH)
    book.is_behind = len(fills) == BATCH
    _count_into_book(unit, book, state, fills)
    return max(1, len(fills))


def _count_into_book(
    unit: streams.Unit, book: PnlBook, state: BookState, fills: Sequence[FillRow]
) -> None:
    dust = find_smallest_amount(book)
    for fill in fills:
        state.add_fill(fill.pk, pnl_fills.to_ledger_fill(fill, book), dust=dust)
    day_rows.add_results(book, state.days, state.closed_trades)
    if book.bot_id is None:  # what an order closed is told once, by the book of its key
        pnl_fills.save_closed_profits(state.closed_profits)
    _save_book(book, state, is_behind=book.is_behind)
    if book.bot_id is not None and not book.is_behind:
        unit.event(user_id=book.user_id, type="pnl_update", data=pnl_data(book))
        _wake_bot(book.bot_id)


def _wake_bot(bot_id: int) -> None:
    """Have a bot with a daily loss limit evaluated; the others do not depend on PnL."""
    if Bot.objects.filter(pk=bot_id, mode=Mode.RUNNING, daily_loss__isnull=False).exists():
        task_queue.request_evaluation(bot_id)


def _save_book(book: PnlBook, state: BookState, *, is_behind: bool) -> None:
    book.state, book.is_behind = state.dump(), is_behind
    book.gross, book.fees, book.is_provisional = state.gross, state.fees, state.is_provisional
    book.held, book.cost = state.ledger.quantity, state.ledger.cost
    book.newest_at = state.newest[0] if state.newest else None
    book.save()


def _rewind_book(book: PnlBook, on: date) -> BookState:
    method: Method = book.state["ledger"]["method"]  # that it began with, whatever is set by now
    opening_state = day_rows.rewind_to(book, on)
    return BookState.load(opening_state) if opening_state else BookState(Ledger(method))


def _load_state(book: PnlBook) -> BookState:
    return BookState.load(book.state) if book.state else BookState(Ledger(_choose_method(book)))


def _choose_method(book: PnlBook) -> Method:
    """Return the method of a new book; a contract's is at average cost, as every venue counts.

    Else the position at the venue and its book would have two unrealised profits.
    """
    method: Method = "average" if ":" in book.symbol else settings.PNL_METHOD
    return method


def _lock_books(key_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, key_id % 2**31])


def _lock_rows() -> QuerySet[PnlBook]:
    return PnlBook.objects.select_for_update(of=("self",), no_key=True).select_related("key")


def _group_by_book(fills: Iterable[FillRow]) -> dict[BookName, list[FillRow]]:
    """Group fills by book: each is in its key's, and in its bot's if it has one.

    Of an account with a long and a short position the key has a book for each: what closes one is
    no profit of the other. A bot has one.
    """
    books: dict[BookName, list[FillRow]] = defaultdict(list)
    for fill in fills:
        if is_inverse(fill.symbol):
            continue
        books[None, fill.symbol, fill.book_side].append(fill)
        if fill.bot_id is not None:
            books[fill.bot_id, fill.symbol, ""].append(fill)
    return books


def _get_book(key: ExchangeKey, bot_id: int | None, symbol: str, side: str) -> PnlBook:
    """Return the locked book: a bot that is deleted meanwhile takes its book with it afterwards."""
    name = {"key": key, "bot_id": bot_id, "symbol": symbol, "side": side}
    book = _lock_rows().filter(**name).first()
    return book or PnlBook.objects.create(
        user_id=key.user_id, quote=profit_currency(symbol), **name
    )


def _note_fee_currency(book: PnlBook, fills: Iterable[FillRow]) -> None:
    """Note the last third currency of a fee: its price is followed from then on."""
    for fill in fills:
        if fill.fee_value is not None or fill.lacks_fee_value:
            book.fee_currency = fill.fee_currency


def find_smallest_amount(book: PnlBook) -> Decimal:
    """Return the quantity below which nothing can be sold; such a rest counts as nothing held."""
    key = book.key
    rules = Symbol.objects.filter(**key.venue_market._asdict(), name=book.symbol).first()
    return max(rules.quantity_step, rules.min_quantity) if rules else ZERO
