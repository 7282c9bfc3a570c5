"""Days of books added up by the database, for many groups of books at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from bots.pnl.lots import ZERO
from bots.pnl.trade_stats import Tally, sharpe_of

SUMS: Final = """sum(gross), sum(fees), sum(volume), sum(fills)::bigint, sum(rounds)::bigint,
    sum(wins)::bigint, sum(losses)::bigint, sum(won), sum(lost), coalesce(max(best), 0),
    coalesce(min(worst), 0), max("on") - min("on") + 1, sum((gross - fees) * (gross - fees))"""
WANTED: Final = "unnest(%s::bigint[], %s::int[]) AS wanted (book_id, part)"
# A group's curve runs over its days with fills; how far it falls from where it stood before.
CURVES: Final = f"""
WITH daily AS (
    SELECT part, "on", sum(gross) AS gross, sum(fees) AS fees, sum(volume) AS volume,
        sum(fills) AS fills, sum(rounds) AS rounds, sum(wins) AS wins, sum(losses) AS losses,
        sum(won) AS won, sum(lost) AS lost, max(best) AS best, min(worst) AS worst
    FROM {WANTED} JOIN bots_pnlday USING (book_id)
    WHERE "on" BETWEEN %s AND %s GROUP BY part, "on"
), curve AS (
    SELECT *, sum(gross - fees) OVER (PARTITION BY part ORDER BY "on") AS equity FROM daily
), falling AS (
    SELECT *, greatest(max(equity) OVER (PARTITION BY part ORDER BY "on"), 0) - equity AS fall
    FROM curve
)
SELECT part, {SUMS}, max(fall) FROM falling GROUP BY part
"""  # noqa: S608 (our own words)
# Of single books over all time, whose falls are known from round to round already.
PLAIN: Final = f"""
SELECT part, {SUMS}, 0 FROM {WANTED} JOIN bots_pnlday USING (book_id) GROUP BY part
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class DaySums:
    """Of one group in a period."""

    gross: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    tally: Tally = field(default_factory=Tally)  # without what the order of rounds says
    drawdown: Decimal = ZERO
    sharpe: Decimal | None = None


def of(
    groups: Sequence[Sequence[int]], since: date | None = None, until: date | None = None
) -> list[DaySums]:
    """Of each group of books; the days between its first and its last without a fill count too.

    A book by itself has no drawdown here, unless it is that of a period.
    """
    period = None if since is None and until is None else (since or date.min, until or date.max)
    alone = {part for part, some in enumerate(groups) if len(some) == 1 and not period}
    found = _ask(PLAIN, [(groups[part][0], part) for part in sorted(alone)])
    others = [
        (book, part) for part, some in enumerate(groups) if part not in alone for book in some
    ]
    found |= _ask(CURVES, others, period or (date.min, date.max))
    return [found.get(part, DaySums()) for part in range(len(groups))]


def _ask(
    sql: str, wanted: Sequence[tuple[int, int]], period: tuple[date, ...] = ()
) -> dict[int, DaySums]:
    if not wanted:
        return {}
    books, parts = zip(*wanted, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(books), list(parts), *period])
        return {row[0]: _sums(row[1:]) for row in cursor.fetchall()}


def _sums(row: Sequence[Any]) -> DaySums:
    gross, fees, volume, fills, rounds, wins, losses, won, lost, best, worst = row[:11]
    days, squares, fall = row[11:]
    tally = Tally(rounds, wins, losses, won, lost, best, worst)
    return DaySums(gross, fees, volume, fills, tally, fall, sharpe_of(days, gross - fees, squares))
