"""What was earned in a period, for a page that is drawn at once: few questions, however much.

All of it comes from days that were added up as fills came. Only one purse is told at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final

from django.db import connection
from django.db.models import F, QuerySet, Sum

from bots.charts.svg import Hours
from bots.models import Bot, ClosedTrade, PnlBook, PnlDay, PnlHour
from bots.pnl import open_positions, summary
from bots.pnl.lots import EXACT, ZERO
from bots.pnl.trade_stats import Tally, sharpe

NEWEST: Final = 12
SUMS: Final = ("gross", "fees", "volume", "fills", "rounds", "wins", "losses", "won", "lost")
NEWEST_ROUNDS: Final = """
SELECT found.id FROM unnest(%s::bigint[]) AS book (id), LATERAL (
    SELECT id, ended_at FROM bots_closedtrade WHERE book_id = book.id
    ORDER BY ended_at DESC, id DESC LIMIT %s
) AS found ORDER BY found.ended_at DESC, found.id DESC LIMIT %s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Takings:
    """Of one purse in a period; whole days of UTC."""

    gross: Decimal
    fees: Decimal
    fills: int
    tally: Tally
    days: list[tuple[date, Decimal]]  # net, every day from the first fill to the last
    drawdown: Decimal
    sharpe: Decimal | None
    streaks: tuple[int, int] | None  # of wins and losses; known over all time only
    is_provisional: bool
    unrealised: Mapping[str, Any]

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.gross, self.fees)

    @property
    def equity(self) -> list[tuple[date, Decimal]]:
        nets = accumulate(net for _, net in self.days)
        return [(on, net) for (on, _), net in zip(self.days, nets, strict=True)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A bot beside the others."""

    bot: Bot
    gross: Decimal
    fees: Decimal
    fills: int
    tally: Tally
    is_provisional: bool
    newest_at: datetime | None

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.gross, self.fees)


@dataclass(slots=True)
class _Sums:
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    tally: Tally = field(default_factory=Tally)

    def add(self, row: Mapping[str, Any]) -> None:
        self.fills += row["fills"]
        self.tally.cycles += row["rounds"]
        with localcontext(EXACT):
            self.gross += row["gross"]
            self.fees += row["fees"]
            for name in ("wins", "losses", "won", "lost"):
                setattr(self.tally, name, getattr(self.tally, name) + row[name])


def of(books: Sequence[PnlBook], *, since: date | None, now: datetime) -> Takings:
    sums, nets = _Sums(), dict[date, Decimal]()
    for found in _days(books, since).values("on").annotate(**_summed()).order_by("on"):
        row = _named(found)
        sums.add(row)
        nets[row["on"]] = row["gross"] - row["fees"]
    days = _every_day(nets)
    return Takings(
        gross=sums.gross,
        fees=sums.fees,
        fills=sums.fills,
        tally=sums.tally,
        days=days,
        drawdown=_drawdown(books, days, since),
        sharpe=sharpe([net for _, net in days]),
        streaks=_streaks(books) if since is None else None,
        is_provisional=any(book.is_provisional for book in books),
        unrealised=open_positions.together(open_positions.unrealised(books, now=now)),
    )


def compared(books: Sequence[PnlBook], *, since: date | None) -> list[Compared]:
    """Bots beside each other, by what each of their books brought."""
    rows = _days(books, since).values("book").annotate(**_summed())
    by_book = {row["book"]: _named(row) for row in rows}
    mine: dict[Bot, list[PnlBook]] = {}
    for book in books:
        if book.bot is not None:
            mine.setdefault(book.bot, []).append(book)
    return [_compared(bot, some, by_book) for bot, some in mine.items()]


def hours(books: Sequence[PnlBook]) -> Hours:
    found = PnlHour.objects.filter(book__in=books).values_list("weekday", "hour")
    sums = found.annotate(Sum("net"), Sum("rounds"))
    return {(weekday, hour): (net, rounds) for weekday, hour, net, rounds in sums}


def newest(books: Sequence[PnlBook]) -> list[ClosedTrade]:
    """Of each book its newest, by index, and of these the newest: however many rounds there are."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_ROUNDS, [[book.pk for book in books], NEWEST, NEWEST])
        found = [number for (number,) in cursor.fetchall()]
    rounds = ClosedTrade.objects.filter(pk__in=found).select_related("book__key")
    return list(rounds.annotate(net=F("gross") - F("fees")).order_by("-ended_at", "-pk"))


def _days(books: Sequence[PnlBook], since: date | None) -> QuerySet[PnlDay]:
    days = PnlDay.objects.filter(book__in=books).order_by()
    return days if since is None else days.filter(on__gte=since)


def _summed() -> dict[str, Sum]:
    return {f"all_{name}": Sum(name) for name in SUMS}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("all_"): value for name, value in row.items()}


def _every_day(nets: Mapping[date, Decimal]) -> list[tuple[date, Decimal]]:
    """Those without a fill too: they count for the Sharpe ratio, and for the width of a chart."""
    if not nets:
        return []
    first = min(nets)
    span = (first + timedelta(days=number) for number in range((max(nets) - first).days + 1))
    return [(on, nets.get(on, ZERO)) for on in span]


def _drawdown(
    books: Sequence[PnlBook], days: Iterable[tuple[date, Decimal]], since: date | None
) -> Decimal:
    """As the API says it: of one book from round to round, of more of them from day to day."""
    if since is None and len(books) == 1 and books[0].state:
        return Tally.load(books[0].state["tally"]).drawdown
    return summary.drawdown(net for _, net in days)


def _streaks(books: Iterable[PnlBook]) -> tuple[int, int]:
    kept = [book.state["tally"] for book in books if book.state]
    wins, losses = (
        max(map(itemgetter(name), kept), default=0) for name in ("longest_wins", "longest_losses")
    )
    return int(wins), int(losses)


def _compared(
    bot: Bot, books: Sequence[PnlBook], by_book: Mapping[int, Mapping[str, Any]]
) -> Compared:
    sums = _Sums()
    for book in books:
        if row := by_book.get(book.pk):
            sums.add(row)
    return Compared(
        bot=bot,
        gross=sums.gross,
        fees=sums.fees,
        fills=sums.fills,
        tally=sums.tally,
        is_provisional=any(book.is_provisional for book in books),
        newest_at=max((book.newest_at for book in books if book.newest_at), default=None),
    )
