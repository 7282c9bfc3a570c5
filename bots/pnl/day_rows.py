"""The days, hours and rounds of a book, as rows: added to as it is counted, and taken back."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import Any, Final

from django.db import connection
from django.utils.timezone import make_aware

from bots.models import PnlBook, PnlDay
from bots.pnl.accumulator import Gained
from bots.pnl.trade_stats import Cycle
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
ADD_ROUNDS: Final = """
INSERT INTO bots_closedtrade (book_id, began_at, ended_at, turnover, gross, fees, parts,
    is_provisional)
SELECT %s, * FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::numeric[], %s::numeric[],
    %s::numeric[], %s::int[], %s::boolean[])
"""
TAKE_HOURS_BACK: Final = """
UPDATE bots_pnlhour AS hour
SET net = hour.net - gone.net, rounds = hour.rounds - gone.rounds
FROM (
    SELECT extract(isodow FROM ended_at AT TIME ZONE 'UTC') - 1 AS weekday,
        extract(hour FROM ended_at AT TIME ZONE 'UTC') AS hour,
        sum(gross - fees) AS net, count(*) AS rounds
    FROM bots_closedtrade WHERE book_id = %s AND ended_at >= %s GROUP BY 1, 2
) AS gone
WHERE hour.book_id = %s AND hour.weekday = gone.weekday AND hour.hour = gone.hour
"""


def add(book: PnlBook, days: Mapping[date, Gained], cycles: Sequence[Cycle]) -> None:
    if not days:
        return
    with connection.cursor() as cursor:
        cursor.execute(ADD_DAYS, [book.pk, *_columns(_day(*one) for one in days.items())])
        if cycles:
            cursor.execute(ADD_HOURS, [book.pk, *_columns(_hours(cycles))])
            rounds = (attrgetter(*Cycle.__slots__)(one) for one in cycles)
            cursor.execute(ADD_ROUNDS, [book.pk, *_columns(rounds)])


def take_back(book: PnlBook, on: date) -> Mapping[str, Any]:
    """Forget this day and what came after it; says how the book stood then, {} for: not at all.

    Where that was not kept with this very day, it is the newest before it with which it was.
    """
    kept = (
        PnlDay.objects.filter(book=book, on__lte=on)
        .exclude(opening_state={})
        .order_by("-on")
        .first()
    )
    if kept is None:
        book.closed_trades.all().delete()
        book.days.all().delete()
        book.hours.all().delete()
        return {}
    began = make_aware(datetime.combine(kept.on, time.min))
    with connection.cursor() as cursor:
        cursor.execute(TAKE_HOURS_BACK, [book.pk, began, book.pk])
    book.hours.filter(rounds=0).delete()
    book.closed_trades.filter(ended_at__gte=began).delete()
    book.days.filter(on__gte=kept.on).delete()
    stood: Mapping[str, Any] = kept.opening_state
    return stood


def _day(on: date, day: Gained) -> tuple[object, ...]:
    rounds = day.rounds
    ends = (rounds.best, rounds.worst) if rounds.cycles else (None, None)
    return (
        *(on, day.gross, day.fees, day.volume, day.fills),
        *(rounds.cycles, rounds.wins, rounds.losses, rounds.won, rounds.lost, *ends),
        json.dumps(day.kept),
    )


def _hours(cycles: Iterable[Cycle]) -> Iterator[tuple[object, ...]]:
    hours: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
    with localcontext(EXACT):
        for one in cycles:
            hours[one.ended_at.weekday(), one.ended_at.hour].append(one.net)
        sums = {place: sum(nets, ZERO) for place, nets in hours.items()}
    for (weekday, hour), nets in hours.items():
        yield weekday, hour, sums[weekday, hour], len(nets)


def _columns(rows: Iterable[tuple[object, ...]]) -> Iterator[list[object]]:
    return map(list, zip(*rows, strict=True))
