"""Rows of a PnL book's days, hours and closed trades: added as fills are counted, and deleted."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import Any, Final

from django.db import connection
from django.utils.timezone import make_aware

from bots.models import PnlBook
from bots.pnl.accumulator import DayIncrement
from bots.pnl.trade_stats import TradeResult
from realtime.values import EXACT, ZERO

ADD_DAYS: Final = """
INSERT INTO bots_pnlday AS day (book_id, "on", gross, fees, volume, fills,
    rounds, wins, losses, won, lost, best, worst, opening_state)
SELECT %s, * FROM unnest(%s::date[], %s::numeric[], %s::numeric[], %s::numeric[], %s::int[],
    %s::int[], %s::int[], %s::int[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
    %s::jsonb[])
ON CONFLICT (book_id, "on") DO UPDATE SET
    gross = day.gross + excluded.gross, fees = day.fees + excluded.fees,
    volume = day.volume + excluded.volume, fills = day.fills + excluded.fills,
    rounds = day.rounds + excluded.rounds, wins = day.wins + excluded.wins,
    losses = day.losses + excluded.losses, won = day.won + excluded.won,
    lost = day.lost + excluded.lost, best = greatest(day.best, excluded.best),
    worst = least(day.worst, excluded.worst)
"""
ADD_HOURS: Final = """
INSERT INTO bots_pnlhour AS hour (book_id, weekday, hour, net, rounds)
SELECT %s, * FROM unnest(%s::int[], %s::int[], %s::numeric[], %s::int[])
ON CONFLICT (book_id, weekday, hour) DO UPDATE SET
    net = hour.net + excluded.net, rounds = hour.rounds + excluded.rounds
"""
ADD_TRADES: Final = """
INSERT INTO bots_closedtrade (book_id, began_at, ended_at, turnover, gross, fees, parts,
    is_provisional)
SELECT %s, * FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::numeric[], %s::numeric[],
    %s::numeric[], %s::int[], %s::boolean[])
"""
SUBTRACT_HOURS: Final = """
UPDATE bots_pnlhour AS hour
SET net = hour.net - deleted.net, rounds = hour.rounds - deleted.rounds
FROM (
    SELECT extract(isodow FROM ended_at AT TIME ZONE 'UTC') - 1 AS weekday,
        extract(hour FROM ended_at AT TIME ZONE 'UTC') AS hour,
        sum(gross - fees) AS net, count(*) AS rounds
    FROM bots_closedtrade WHERE book_id = %s AND ended_at >= %s GROUP BY 1, 2
) AS deleted
WHERE hour.book_id = %s AND hour.weekday = deleted.weekday AND hour.hour = deleted.hour
"""


def add_results(
    book: PnlBook, days: Mapping[date, DayIncrement], trades: Sequence[TradeResult]
) -> None:
    if not days:
        return
    with connection.cursor() as cursor:
        cursor.execute(ADD_DAYS, [book.pk, *_to_columns(_day_row(*item) for item in days.items())])
        if trades:
            cursor.execute(ADD_HOURS, [book.pk, *_to_columns(_hour_rows(trades))])
            rows = map(attrgetter(*TradeResult.__slots__), trades)
            cursor.execute(ADD_TRADES, [book.pk, *_to_columns(rows)])


def rewind_to(book: PnlBook, on: date) -> Mapping[str, Any]:
    """Delete this day and all after it, and return the book's state at its beginning.

    Not every day has a state: the newest earlier one with a state is then deleted too. {} means
    that the book is empty.
    """
    with_state = book.days.filter(on__lte=on).exclude(opening_state={})
    day = with_state.order_by("-on").first()
    if day is None:
        book.closed_trades.all().delete()
        book.days.all().delete()
        book.hours.all().delete()
        return {}
    began = make_aware(datetime.combine(day.on, time.min))
    with connection.cursor() as cursor:
        cursor.execute(SUBTRACT_HOURS, [book.pk, began, book.pk])
    book.hours.filter(rounds=0).delete()
    book.closed_trades.filter(ended_at__gte=began).delete()
    book.days.filter(on__gte=day.on).delete()
    state: Mapping[str, Any] = day.opening_state
    return state


def _day_row(on: date, day: DayIncrement) -> tuple[object, ...]:
    stats = day.trades
    extremes = (stats.best, stats.worst) if stats.count else (None, None)
    return (
        *(on, day.gross, day.fees, day.volume, day.fills),
        *(stats.count, stats.wins, stats.losses, stats.won, stats.lost, *extremes),
        json.dumps(day.opening_state),
    )


def _hour_rows(trades: Iterable[TradeResult]) -> Iterator[tuple[object, ...]]:
    hours: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
    with localcontext(EXACT):
        for trade in trades:
            hours[trade.ended_at.weekday(), trade.ended_at.hour].append(trade.net)
        sums = {hour: sum(nets, ZERO) for hour, nets in hours.items()}
    for (weekday, hour), nets in hours.items():
        yield weekday, hour, sums[weekday, hour], len(nets)


def _to_columns(rows: Iterable[tuple[object, ...]]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))
