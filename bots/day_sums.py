"""Days of books added up by the database, for many groups of books at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from bots.ledger import ZERO
from bots.tally import Tally, sharpe_of

# A group's curve runs over its days with fills; how far it falls from where it stood before.
ADDED_UP: Final = """
WITH wanted AS (
    SELECT * FROM unnest(%s::bigint[], %s::int[]) AS wanted (book_id, part)
), daily AS (
    SELECT part, "on", sum(gross) AS gross, sum(fees) AS fees, sum(volume) AS volume,
        sum(fills) AS fills, sum(rounds) AS rounds, sum(wins) AS wins, sum(losses) AS losses,
        sum(won) AS won, sum(lost) AS lost, max(best) AS best, min(worst) AS worst
    FROM wanted JOIN bots_day USING (book_id)
    WHERE "on" BETWEEN %s AND %s GROUP BY part, "on"
), curve AS (
    SELECT *, sum(gross - fees) OVER (PARTITION BY part ORDER BY "on") AS equity FROM daily
), falling AS (
    SELECT *, greatest(max(equity) OVER (PARTITION BY part ORDER BY "on"), 0) - equity AS fall
    FROM curve
)
SELECT part, sum(gross), sum(fees), sum(volume), sum(fills)::bigint, sum(rounds)::bigint,
    sum(wins)::bigint, sum(losses)::bigint, sum(won), sum(lost), coalesce(max(best), 0),
    coalesce(min(worst), 0), max(fall),
    max("on") - min("on") + 1, sum((gross - fees) * (gross - fees))
FROM falling GROUP BY part
"""


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
    """Of each group of books; the days between its first and its last without a fill count too."""
    books = [(book, part) for part, some in enumerate(groups) for book in some]
    numbers, parts = [book for book, _ in books], [part for _, part in books]
    with connection.cursor() as cursor:
        cursor.execute(ADDED_UP, [numbers, parts, since or date.min, until or date.max])
        found = {row[0]: _sums(row[1:]) for row in cursor.fetchall()}
    return [found.get(part, DaySums()) for part in range(len(groups))]


def _sums(row: Sequence[Any]) -> DaySums:
    gross, fees, volume, fills, rounds, wins, losses, won, lost, best, worst = row[:11]
    fall, days, squares = row[11:]
    tally = Tally(rounds, wins, losses, won, lost, best, worst)
    return DaySums(gross, fees, volume, fills, tally, fall, sharpe_of(days, gross - fees, squares))
