"""The results of PnL books over time: by day, by hour of the week, and the newest closed trades."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Final

from django.db import connection
from django.db.models import F, QuerySet, Sum

from bots.income.totals import IncomeSums
from bots.models import ClosedTrade, PnlBook, PnlDay, PnlHour
from realtime.values import EXACT, ZERO

# Each book's newest by its index, then the newest of these: the number of trades does not matter.
NEWEST_TRADES: Final = """
SELECT trade.id FROM unnest(%s::bigint[]) AS book (id), LATERAL (
    SELECT id, ended_at FROM bots_closedtrade
    WHERE book_id = book.id AND (%s::timestamptz IS NULL OR ended_at < %s::timestamptz)
        AND (%s::timestamptz IS NULL OR ended_at > %s::timestamptz)
    ORDER BY ended_at {order}, id {order} LIMIT %s
) AS trade ORDER BY trade.ended_at {order}, trade.id {order} LIMIT %s
"""
HOURS_IN_ZONE: Final = """
SELECT extract(isodow FROM ended_at AT TIME ZONE %s)::int - 1,
    extract(hour FROM ended_at AT TIME ZONE %s)::int, sum(gross - fees), count(*)
FROM bots_closedtrade WHERE book_id = ANY(%s) GROUP BY 1, 2
"""
HourlyResults = Mapping[tuple[int, int], tuple[Decimal, int]]  # (weekday, hour): net, trades


@dataclass(frozen=True, kw_only=True, slots=True)
class DailyResult:
    """The result of one currency on a day; `equity` is the sum of all totals up to its end."""

    on: date
    gross: Decimal
    fees: Decimal
    net: Decimal
    equity: Decimal
    volume: Decimal
    fills: int
    funding: Decimal
    income: Decimal
    total: Decimal  # net, funding and income


def daily_results(
    books: Sequence[PnlBook],
    incomes: Mapping[date, IncomeSums] | None = None,
    *,
    since: date | None = None,
    until: date | None = None,
) -> list[DailyResult]:
    """Return a result for each day with a fill or income, the oldest first.

    `incomes` are those of all days; the ones before `since` are only in `equity`.
    """
    names = ("gross", "fees", "volume", "fills")
    days = _filter_days(books, since, until).values("on").order_by("on")
    rows = {row[0]: row[1:] for row in days.values_list("on", *(Sum(name) for name in names))}
    all_incomes = incomes or {}
    first, last = since or date.min, until or date.max
    shown = {on: sums for on, sums in all_incomes.items() if first <= on <= last}
    earlier = [sums.both for on, sums in all_incomes.items() if on < first]
    with localcontext(EXACT):
        equity, results = sum(earlier, _net_before(books, since)), []
        for on in sorted({*rows, *shown}):
            gross, fees, volume, fills = rows.get(on, (ZERO, ZERO, ZERO, 0))
            sums = shown.get(on, IncomeSums())
            total = gross - fees + sums.both
            equity += total
            results.append(
                DailyResult(
                    on=on,
                    gross=gross,
                    fees=fees,
                    net=gross - fees,
                    equity=equity,
                    volume=volume,
                    fills=fills,
                    funding=sums.funding,
                    income=sums.income,
                    total=total,
                )
            )
    return results


def totals_with_idle_days(days: Iterable[DailyResult]) -> list[tuple[date, Decimal]]:
    """Return the total of every day from the first to the last; idle days have zero."""
    nets = {day.on: day.total for day in days}
    if not nets:
        return []
    first = min(nets)
    span = (first + timedelta(days=number) for number in range((max(nets) - first).days + 1))
    return [(on, nets.get(on, ZERO)) for on in span]


def hourly_results(books: Sequence[PnlBook]) -> HourlyResults:
    """Return what trades have brought by the hour of the week (UTC) in which they were closed."""
    hours = PnlHour.objects.filter(book__in=[book.pk for book in books]).order_by("weekday", "hour")
    rows = hours.values_list("weekday", "hour").annotate(Sum("net"), Sum("rounds"))
    return {(weekday, hour): (net, trades) for weekday, hour, net, trades in rows}


def hours_in_zone(books: Sequence[PnlBook], zone: str) -> HourlyResults:
    """Return the same by the clock of a time zone, as it was when each trade was closed.

    It reads every trade: hours that were added up do not know which of them had summer time.
    """
    with connection.cursor() as cursor:
        cursor.execute(HOURS_IN_ZONE, [zone, zone, [book.pk for book in books]])
        return {(day, hour): (net, trades) for day, hour, net, trades in cursor.fetchall()}


def newest_trades(books: Sequence[PnlBook], *, limit: int) -> list[ClosedTrade]:
    """Return the trades that were closed last."""
    ids = newest_trade_ids([book.pk for book in books], limit=limit)
    return list(ClosedTrade.objects.filter(pk__in=ids).select_related("book__key"))


def newest_trade_ids(
    books: Sequence[int], *, limit: int, before: str | None = None, after: str | None = None
) -> list[int]:
    """Return the ids of the trades closed last, or of those closed next `after` a time."""
    sql = NEWEST_TRADES.format(order="DESC" if after is None else "ASC")
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(books), before, before, after, after, limit, limit])
        return [number for (number,) in cursor.fetchall()]


def _filter_days(
    books: Sequence[PnlBook], since: date | None, until: date | None
) -> QuerySet[PnlDay]:
    days = PnlDay.objects.filter(book__in=[book.pk for book in books])
    if since is not None:
        days = days.filter(on__gte=since)
    return days if until is None else days.filter(on__lte=until)


def _net_before(books: Sequence[PnlBook], since: date | None) -> Decimal:
    if since is None or since == date.min:
        return ZERO
    earlier = _filter_days(books, None, since - timedelta(days=1))
    return earlier.aggregate(net=Sum(F("gross") - F("fees")))["net"] or ZERO
