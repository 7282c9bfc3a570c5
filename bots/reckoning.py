"""The only writer of what was earned: every fill is counted once, in its bot's book and its key's.

A fill that comes late, or whose fee was only known later, has its books reckoned anew from their
first fill: they then say what they would have said had everything come in order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from functools import partial
from typing import Final, cast

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from bots.ledger import EXACT, ZERO, Ledger, Part, Side, Step
from bots.models import Book, Day, Minute, Round
from bots.tally import Cycle, Running, Tally
from bots.wire import pnl_data
from exchanges.instruments import Instrument
from exchanges.models import Symbol
from orders import handing
from orders.models import Fill
from realtime import streams

BATCH: Final = 2000
NEAR: Final = timedelta(minutes=10)  # a price this old still says what a fee was worth
LOCK: Final = 0x66776D  # of all locks that are taken by number, those of books
ADD_DAY: Final = """
INSERT INTO bots_day AS day (book_id, "on", gross, fees, volume, fills, kept,
    rounds, wins, losses, won, lost)
VALUES (%s, %s, %s, %s, %s, %s, '{}', 0, 0, 0, 0, 0)
ON CONFLICT (book_id, "on") DO UPDATE SET
    gross = day.gross + excluded.gross, fees = day.fees + excluded.fees,
    volume = day.volume + excluded.volume, fills = day.fills + excluded.fills
"""
ADD_HOUR: Final = """
INSERT INTO bots_hour AS hour (book_id, weekday, hour, net, rounds) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (book_id, weekday, hour) DO UPDATE SET
    net = hour.net + excluded.net, rounds = hour.rounds + excluded.rounds
"""


def reckon(key_id: int) -> int:
    """Count what is not counted yet; of any number of workers one at a time does."""
    with streams.unit() as unit:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, key_id % 2**31])
        fills = list(_waiting(key_id)[:BATCH])
        for (bot_id, symbol), some in _by_book(fills).items():
            book = _book(some[0], bot_id, symbol)
            _follow(book, some)
            if book.bot_id is not None:
                unit.event(user_id=book.user_id, type="pnl_update", data=pnl_data(book))
                handing.to_bot(book.bot_id)
        Fill.objects.filter(pk__in=[fill.pk for fill in fills]).update(is_reckoned=True)
    return len(fills)


def keys_with_work() -> list[int]:
    waiting = Fill.objects.filter(is_reckoned=False).order_by()
    return list(waiting.values_list("key", flat=True).distinct())


def lost(bot_id: int, on: date) -> Decimal:
    """What a bot has lost on a day so far; below zero it has won."""
    days = Day.objects.filter(book__bot=bot_id, on=on)
    return sum((day.fees - day.gross for day in days), ZERO)


def _waiting(key_id: int) -> QuerySet[Fill]:
    found = Fill.objects.filter(key=key_id, is_reckoned=False).select_related("order", "key")
    return found.order_by("executed_at", "pk")


def _by_book(fills: Iterable[Fill]) -> dict[tuple[int | None, str], list[Fill]]:
    """Each belongs to its key, and to the bot that wanted it if there was one."""
    books: dict[tuple[int | None, str], list[Fill]] = defaultdict(list)
    for fill in fills:
        books[None, fill.symbol].append(fill)
        if fill.order.bot_id is not None:
            books[fill.order.bot_id, fill.symbol].append(fill)
    return books


def _book(fill: Fill, bot_id: int | None, symbol: str) -> Book:
    books = Book.objects.select_related("key").filter(symbol=symbol)
    mine = books.filter(bot__isnull=True, key=fill.key_id)
    if bot_id is not None:
        mine = books.filter(bot=bot_id)
    return mine.first() or Book.objects.create(
        user_id=fill.user_id, key=fill.key, bot_id=bot_id, symbol=symbol, quote=quote_of(symbol)
    )


def _follow(book: Book, fills: Sequence[Fill]) -> None:
    newest = (book.newest_at, book.kept.get("newest", 0))
    if book.newest_at is not None and (fills[0].executed_at, fills[0].pk) <= newest:
        _begin_anew(book)
        _count(book, _all_of(book, upto={fill.pk for fill in fills}))
    else:
        _count(book, fills)
    book.save()


def _all_of(book: Book, upto: set[int]) -> Iterable[Fill]:
    """What was counted before, and what is to be counted now, in the order of execution."""
    found = Fill.objects.filter(key=book.key_id, symbol=book.symbol)
    if book.bot_id is not None:
        found = found.filter(order__bot=book.bot_id)
    for fill in found.order_by("executed_at", "pk").iterator(chunk_size=BATCH):
        if fill.is_reckoned or fill.pk in upto:
            yield fill


def _begin_anew(book: Book) -> None:
    book.rounds.all().delete()
    book.days.all().delete()
    book.hours.all().delete()
    book.kept, book.newest_at = {}, None
    book.gross = book.fees = ZERO
    book.is_provisional = False


def _count(book: Book, fills: Iterable[Fill]) -> None:
    kept = book.kept
    ledger = Ledger.load(kept["ledger"]) if kept else Ledger(settings.PNL_METHOD)
    running = Running.load(kept["running"]) if kept else Running()
    tally = Tally.load(kept["tally"]) if kept else Tally()
    days, cycles, dust = dict[date, Day](), list[Cycle](), _dust(book)
    newest = kept.get("newest", 0)
    with localcontext(EXACT):
        for fill in fills:
            day = days.setdefault(fill.executed_at.date(), Day(book=book))
            day.fills += 1
            day.volume += fill.quantity * fill.price
            for step in ledger.take(part_of(fill, book)):
                _add_up(book, day, step)
                if over := running.follow(step, dust):
                    cycles.append(over)
                    tally.add(over.net)
            book.newest_at, newest = fill.executed_at, fill.pk
        book.held, book.cost = ledger.quantity, ledger.cost
    book.kept = {
        "ledger": ledger.dump(),
        "running": running.dump(),
        "tally": tally.dump(),
        "newest": newest,
    }
    _write_days(days)
    _write_rounds(book, cycles)


def _add_up(book: Book, day: Day, step: Step) -> None:
    book.gross, book.fees = book.gross + step.gross, book.fees + step.fee
    day.gross, day.fees = day.gross + step.gross, day.fees + step.fee
    book.is_provisional |= step.is_provisional


def part_of(fill: Fill, book: Book) -> Part:
    """With its fee in the quote currency: as it was paid, or as it was worth then."""
    base, side = fill.symbol.partition("/")[0], cast(Side, fill.side)
    whole = partial(Part, side, fill.quantity, fill.price, fill.executed_at)
    if fill.fee is None:
        return whole(fee=None)
    if fill.fee_currency == base:
        if side == "buy":
            return whole(fee_in_base=fill.fee)
        return whole(fee=fill.fee * fill.price)
    if not fill.fee or fill.fee_currency == book.quote:
        return whole(fee=fill.fee)
    price = _price_of(fill.fee_currency, book, fill.executed_at)
    return whole(fee=None if price is None else fill.fee * price)


def _price_of(currency: str, book: Book, at: datetime) -> Decimal | None:
    """What one was worth in the quote currency shortly before; None if nobody looked."""
    key = book.key
    name = str(Instrument(key.venue, "spot", key.is_paper, f"{currency}/{book.quote}"))
    near = Minute.objects.filter(instrument=name, at__gt=at - NEAR, at__lte=at).order_by("-at")
    found = near.first()
    return (found.high + found.low) / 2 if found else None


def _dust(book: Book) -> Decimal:
    """Less than this cannot be sold: who holds no more holds nothing."""
    key = book.key
    rules = Symbol.objects.filter(
        venue=key.venue, market=key.market, is_paper=key.is_paper, name=book.symbol
    ).first()
    return max(rules.quantity_step, rules.min_quantity) if rules else ZERO


def _write_days(days: Mapping[date, Day]) -> None:
    """Added to what stands there already, by the database."""
    for on, day in days.items():
        with connection.cursor() as cursor:
            cursor.execute(ADD_DAY, [day.book_id, on, day.gross, day.fees, day.volume, day.fills])


def _write_rounds(book: Book, cycles: Sequence[Cycle]) -> None:
    Round.objects.bulk_create(
        [
            Round(book=book, **{name: getattr(one, name) for name in Cycle.__slots__})
            for one in cycles
        ],
        batch_size=BATCH,
    )
    hours: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
    for one in cycles:
        hours[one.ended_at.weekday(), one.ended_at.hour].append(one.net)
    for (weekday, hour), nets in hours.items():
        with connection.cursor() as cursor:
            cursor.execute(ADD_HOUR, [book.pk, weekday, hour, sum(nets, ZERO), len(nets)])


def quote_of(symbol: str) -> str:
    return symbol.partition("/")[2].partition(":")[0]
