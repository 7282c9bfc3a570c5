"""The results of PnL books between any two moments, exact to the fill.

The days of a book are days of UTC. A whole day is read as the recorder added it up. Of a day that
a period cuts, its fills are counted again from the state that the book had before them, by the
recorder's own code. So the days of a person add up to what all other pages show.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from typing import Any, Final

from django.db.models import Max, Min, Sum

from bots.models import PnlBook, PnlDay
from bots.pnl import fill_counter, fill_rows
from bots.pnl.accumulator import BookState, DayIncrement
from bots.pnl.fill_rows import FillRow
from bots.pnl.lots import Ledger
from realtime.values import EXACT, ZERO

DAY: Final = timedelta(days=1)
BATCH: Final = 5000  # fills read at once
SUMS: Final = ("gross", "fees", "fills", "rounds", "wins", "losses")
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class BookSums:
    """The sums of some fills, and the trades that they closed."""

    gross: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0
    rounds: int = 0
    wins: int = 0
    losses: int = 0
    best: Decimal | None = None  # of the closed trades
    worst: Decimal | None = None

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.gross, self.fees)

    def __add__(self, other: "BookSums") -> "BookSums":
        with localcontext(EXACT):
            sums: dict[str, Any] = {
                name: getattr(self, name) + getattr(other, name) for name in SUMS
            }
        bests = [one for one in (self.best, other.best) if one is not None]
        worsts = [one for one in (self.worst, other.worst) if one is not None]
        return BookSums(**sums, best=max(bests, default=None), worst=min(worsts, default=None))


def add_sums(sums: Iterable[BookSums]) -> BookSums:
    return sum(sums, BookSums())


def sum_books(books: Sequence[PnlBook], *, since: datetime, until: datetime) -> dict[int, BookSums]:
    """Return the sums of each book that has any between two moments, by its id."""
    spans = list(_split_by_day(since, until))
    whole = [begin.date() for begin, end in spans if end - begin == DAY]
    found = _read_days(books, whole)
    for begin, end in spans:
        if end - begin < DAY:
            for book in _find_filled(books, begin.date()):
                sums = _count_again(book, begin, end)
                found[book.pk] = found.get(book.pk, BookSums()) + sums
    return {book_id: sums for book_id, sums in found.items() if sums.fills}


def _split_by_day(since: datetime, until: datetime) -> Iterator[Span]:
    """Cut a span at each midnight of UTC."""
    begin = since
    while begin < until:
        midnight = datetime.combine(begin.date() + DAY, time.min, UTC)
        yield begin, min(midnight, until)
        begin = midnight


def _read_days(books: Sequence[PnlBook], days: Sequence[date]) -> dict[int, BookSums]:
    rows = PnlDay.objects.filter(book__in=[book.pk for book in books], on__in=days).order_by()
    sums: Any = [*map(Sum, SUMS), Max("best"), Min("worst")]
    by_book = rows.values_list("book").annotate(
        **{f"sum_{number}": one for number, one in enumerate(sums)}
    )
    return {book_id: BookSums(*values) for book_id, *values in by_book}


def _find_filled(books: Sequence[PnlBook], on: date) -> list[PnlBook]:
    days = PnlDay.objects.filter(book__in=[book.pk for book in books], on=on)
    filled = set(days.values_list("book", flat=True))
    return [book for book in books if book.pk in filled]


def _count_again(book: PnlBook, since: datetime, until: datetime) -> BookSums:
    """Count the fills of a part of a day."""
    state, dust = _load_state(book, since.date()), fill_counter.find_smallest_amount(book)
    for fill in _read_fills(book, state):
        if fill.at >= until:
            break
        state.add_fill(fill.pk, fill_rows.to_ledger_fill(fill, book), dust=dust)
        if fill.at < since:
            state.days.clear()
    return _to_sums(state.days.get(since.date(), DayIncrement()))


def _load_state(book: PnlBook, on: date) -> BookState:
    """Load the newest stored state from before the fills of a day."""
    with_state = book.days.filter(on__lte=on).exclude(opening_state={})
    day = with_state.order_by("-on").first()
    method = book.state["ledger"]["method"]
    return BookState.load(day.opening_state) if day else BookState(Ledger(method))


def _read_fills(book: PnlBook, state: BookState) -> Iterator[FillRow]:
    """Read the fills that follow a state; whoever reads them adds each to it."""
    while batch := fill_rows.read_after(book, state.newest, limit=BATCH):
        yield from batch


def _to_sums(day: DayIncrement) -> BookSums:
    trades = day.trades
    extremes = (trades.best, trades.worst) if trades.count else (None, None)
    counts = (day.fills, trades.count, trades.wins, trades.losses)
    return BookSums(day.gross, day.fees, *counts, *extremes)
