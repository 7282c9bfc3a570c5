"""Sums and statistics of PnL books: one for each quote currency, paper and live apart.

They are read from days that the recorder has added up, so a million fills cost nothing here. The
pages, the API and the exports all use them, so that they never differ.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from bots.models import PnlBook
from bots.pnl.trade_books import find_trade_groups
from bots.pnl.trade_stats import TradeStats, sharpe_ratio
from realtime.values import EXACT, ZERO

SUMS: Final = """sum(gross), sum(fees), sum(volume), sum(fills)::bigint, sum(rounds)::bigint,
    sum(wins)::bigint, sum(losses)::bigint, sum(won), sum(lost), coalesce(max(best), 0),
    coalesce(min(worst), 0), max("on") - min("on") + 1, sum((gross - fees) * (gross - fees))"""
MEMBERS: Final = "unnest(%s::bigint[], %s::int[]) AS member (book_id, group_number)"
# The equity curve of a group runs over its days with fills; `fall` is its distance from its peak.
SUM_GROUPS: Final = f"""
WITH daily AS (
    SELECT group_number, "on", sum(gross) AS gross, sum(fees) AS fees, sum(volume) AS volume,
        sum(fills) AS fills, sum(rounds) AS rounds, sum(wins) AS wins, sum(losses) AS losses,
        sum(won) AS won, sum(lost) AS lost, max(best) AS best, min(worst) AS worst
    FROM {MEMBERS} JOIN bots_pnlday USING (book_id)
    WHERE "on" BETWEEN %s AND %s GROUP BY group_number, "on"
), curve AS (
    SELECT *, sum(gross - fees) OVER (PARTITION BY group_number ORDER BY "on") AS equity FROM daily
), falling AS (
    SELECT *,
        greatest(max(equity) OVER (PARTITION BY group_number ORDER BY "on"), 0) - equity AS fall
    FROM curve
)
SELECT group_number, {SUMS}, max(fall) FROM falling GROUP BY group_number
"""  # noqa: S608 (our own constants)
# A single book knows its drawdown over all time from its closed trades: no curve is needed.
SUM_SINGLE_BOOKS: Final = f"""
SELECT group_number, {SUMS}, 0 FROM {MEMBERS} JOIN bots_pnlday USING (book_id)
GROUP BY group_number
"""  # noqa: S608 (our own constants)


class PnlCurrency(NamedTuple):
    """A quote currency, on paper or live: only results that share both may be added up."""

    simulated: bool
    currency: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of books of one PnlCurrency, over all time or in a period of whole days (UTC)."""

    gross: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    trades: TradeStats = field(default_factory=TradeStats)  # days do not know its streaks
    drawdown: Decimal = ZERO
    sharpe: Decimal | None = None
    streaks: tuple[int, int] | None = None  # most wins and losses in a row of one book, all time
    is_provisional: bool = False
    newest_at: datetime | None = None

    @property
    def net(self) -> Decimal:
        return EXACT.subtract(self.gross, self.fees)


def filter_books(
    user_id: int, *, bot: int | None = None, key: int | None = None
) -> QuerySet[PnlBook]:
    """Return the books of a bot, or else those of the keys: a fill is in one of them at most."""
    books = PnlBook.objects.filter(user=user_id).select_related("key", "bot")
    books = books.filter(bot__isnull=True) if bot is None else books.filter(bot=bot)
    return books if key is None else books.filter(key=key)


def group_by_currency(books: Iterable[PnlBook]) -> dict[PnlCurrency, list[PnlBook]]:
    groups: dict[PnlCurrency, list[PnlBook]] = defaultdict(list)
    for book in books:
        groups[currency_of_book(book)].append(book)
    return groups


def currency_of_book(book: PnlBook) -> PnlCurrency:
    return PnlCurrency(book.key.is_paper, book.quote)


def summarize(
    groups: Sequence[Sequence[PnlBook]], *, since: date | None = None, until: date | None = None
) -> list[Summary]:
    """Return a summary of each group of books; their number changes nothing in the queries.

    Closed trades are those of bots/pnl/trade_books.py. The drawdown of one book over all time is
    measured from trade to trade, any other from day to day. Streaks are those of single books.
    """
    is_period = since is not None or until is not None
    groups = [list(books) for books in groups]
    trade_groups = find_trade_groups(groups)
    others = [trade for books, trade in zip(groups, trade_groups, strict=True) if trade != books]
    sums = _sum_days([[book.pk for book in books] for books in (*groups, *others)], since, until)
    trades = iter(sums[len(groups) :])
    return [
        _summarize_group(
            books,
            trade_books,
            one if trade_books == books else replace(one, trades=next(trades).trades),
            is_period=is_period,
        )
        for books, trade_books, one in zip(groups, trade_groups, sums[: len(groups)], strict=True)
    ]


def is_provisional(books: Iterable[PnlBook]) -> bool:
    """Tell whether a fee has no value yet, or fills are still to be counted."""
    return any(book.is_provisional or book.is_behind for book in books)


def _summarize_group(
    books: Sequence[PnlBook], trade_books: Sequence[PnlBook], sums: Summary, *, is_period: bool
) -> Summary:
    if not is_period:
        own, stats = _load_stats(books), _load_stats(trade_books)
        wins = max((one.longest_wins for one in stats), default=0)
        losses = max((one.longest_losses for one in stats), default=0)
        drawdown = own[0].drawdown if len(own) == 1 else sums.drawdown
        sums = replace(sums, streaks=(wins, losses), drawdown=drawdown)
    newest_at = max((book.newest_at for book in books if book.newest_at), default=None)
    return replace(sums, is_provisional=is_provisional(books), newest_at=newest_at)


def _load_stats(books: Iterable[PnlBook]) -> list[TradeStats]:
    return [TradeStats.load(book.state["tally"]) for book in books if book.state]


def _sum_days(
    groups: Sequence[Sequence[int]], since: date | None, until: date | None
) -> list[Summary]:
    """Add up the days of each group; idle days between its first and last count for Sharpe."""
    is_period = since is not None or until is not None
    members = [(book, number) for number, books in enumerate(groups) for book in books]
    single = [] if is_period else [one for one in members if len(groups[one[1]]) == 1]
    others = [one for one in members if is_period or len(groups[one[1]]) > 1]
    sums = _query_sums(SUM_SINGLE_BOOKS, single)
    sums |= _query_sums(SUM_GROUPS, others, since or date.min, until or date.max)
    return [sums.get(number, Summary()) for number in range(len(groups))]


def _query_sums(sql: str, members: Sequence[tuple[int, int]], *period: date) -> dict[int, Summary]:
    if not members:
        return {}
    books, numbers = zip(*members, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(books), list(numbers), *period])
        return {row[0]: _to_summary(row[1:]) for row in cursor.fetchall()}


def _to_summary(row: Sequence[Any]) -> Summary:
    gross, fees, volume, fills, closed, wins, losses, won, lost, best, worst = row[:11]
    days, squares, fall = row[11:]
    stats = TradeStats(closed, wins, losses, won, lost, best, worst)
    sharpe = sharpe_ratio(days, gross - fees, squares)
    return Summary(gross, fees, volume, fills, stats, fall, sharpe)
