"""What books say together: sums that were kept as fills came, so a million fills cost nothing here.

Only what may be added up is: one answer for each quote currency, paper and live apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import accumulate, chain
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, Sum

from bots.models import PnlBook, PnlDay, PnlHour
from bots.pnl import day_sums, open_positions
from bots.pnl.day_sums import DaySums
from bots.pnl.lots import EXACT, ZERO
from bots.pnl.open_positions import unrealised as unrealised
from bots.pnl.trade_stats import Tally
from realtime.values import format_money, format_time

ROUNDED = Decimal("0.00000001")
NEWEST = """
SELECT found.id FROM unnest(%s::bigint[]) AS book (id), LATERAL (
    SELECT id, ended_at FROM bots_closedtrade
    WHERE book_id = book.id AND (%s::timestamptz IS NULL OR ended_at < %s::timestamptz)
        AND (%s::timestamptz IS NULL OR ended_at > %s::timestamptz)
    ORDER BY ended_at {order}, id {order} LIMIT %s
) AS found ORDER BY found.ended_at {order}, found.id {order} LIMIT %s
"""
LEAVES_OUT = ["funding"]  # what perpetual contracts cost or bring over time is in no fill


@dataclass(frozen=True, slots=True)
class Purse:
    """What may be added up: one currency, and either paper or live."""

    simulated: bool
    currency: str


def books_of(user_id: int, *, bot: int | None = None, key: int | None = None) -> QuerySet[PnlBook]:
    """A bot's (at one of its keys), a key's, or those of all keys: a fill stands in one at most."""
    books = PnlBook.objects.filter(user=user_id).select_related("key", "bot")
    books = books.filter(bot__isnull=True) if bot is None else books.filter(bot=bot)
    return books if key is None else books.filter(key=key)


def purses(books: Iterable[PnlBook]) -> dict[Purse, list[PnlBook]]:
    found: dict[Purse, list[PnlBook]] = defaultdict(list)
    for book in books:
        found[purse_of(book)].append(book)
    return found


def purse_of(book: PnlBook) -> Purse:
    return Purse(book.key.is_paper, book.quote)


def summary(
    books: Sequence[PnlBook], *, now: datetime, since: date | None = None, until: date | None = None
) -> dict[str, Any]:
    """Of books of one purse. Streaks are those of single books; falls are of the days' curve.

    Of a period, what its days brought; what is held, and streaks, are not a period's.
    """
    return compared([books], now=now, since=since, until=until)[0]


def compared(
    groups: Sequence[Sequence[PnlBook]],
    *,
    now: datetime,
    since: date | None = None,
    until: date | None = None,
) -> list[dict[str, Any]]:
    """The summary of each, in one question, however many days there are."""
    found = day_sums.of([[book.pk for book in books] for books in groups], since, until)
    prices_of = {one.book.pk: one for one in unrealised(chain(*groups), now=now)}
    told = []
    for books, sums in zip(groups, found, strict=True):
        holding = [prices_of[book.pk] for book in books if book.pk in prices_of]
        whole = since is None and until is None
        told.append(_told(sums) | _of_books(books, sums, is_whole=whole, holding=holding))
    return told


def _told(sums: DaySums) -> dict[str, Any]:
    tally = sums.tally
    return {
        "gross": format_money(sums.gross),
        "fees": format_money(sums.fees),
        "net": format_money(EXACT.subtract(sums.gross, sums.fees)),
        "volume": format_money(sums.volume),
        "fills": sums.fills,
        "rounds": tally.cycles,
        "wins": tally.wins,
        "losses": tally.losses,
        "win_rate": _rounded(tally.win_rate),
        "profit_factor": _rounded(tally.profit_factor),
        "average_win": _rounded(tally.average_win),
        "average_loss": _rounded(tally.average_loss),
        "best": format_money(tally.best) if tally.cycles else None,
        "worst": format_money(tally.worst) if tally.cycles else None,
        "sharpe": _rounded(sums.sharpe),
    }


def _of_books(
    books: Sequence[PnlBook],
    sums: DaySums,
    *,
    is_whole: bool,
    holding: Sequence[open_positions.Held],
) -> dict[str, Any]:
    tallies = [Tally.load(book.state["tally"]) for book in books if book.state] if is_whole else []
    newest = [book.newest_at for book in books if book.newest_at]
    wins, losses = (
        max((getattr(one, name) for one in tallies), default=0 if is_whole else None)
        for name in ("longest_wins", "longest_losses")
    )
    return {
        "provisional": any(book.is_provisional or book.is_behind for book in books),
        "longest_wins": wins,
        "longest_losses": losses,
        "drawdown": format_money(tallies[0].drawdown if len(tallies) == 1 else sums.drawdown),
        "newest_at": format_time(max(newest)) if newest else None,
        "unrealised": open_positions.together(holding),
        "leaves_out": LEAVES_OUT,
    }


def daily(
    books: Sequence[PnlBook], *, since: date | None = None, until: date | None = None
) -> list[dict[str, Any]]:
    """Each day with a fill, and what had been earned by its end: the equity curve."""
    days = _days(books, since, until).values("on").order_by("on")
    sums = days.annotate(
        all_gross=Sum("gross"),
        all_fees=Sum("fees"),
        all_volume=Sum("volume"),
        all_fills=Sum("fills"),
    )
    with localcontext(EXACT):
        nets = [day["all_gross"] - day["all_fees"] for day in sums]
        equity = list(accumulate(nets, initial=_before(books, since)))[1:]
    return [
        {
            "on": day["on"].isoformat(),
            "gross": format_money(day["all_gross"]),
            "fees": format_money(day["all_fees"]),
            "net": format_money(net),
            "equity": format_money(total),
            "volume": format_money(day["all_volume"]),
            "fills": day["all_fills"],
        }
        for day, net, total in zip(sums, nets, equity, strict=True)
    ]


def _days(books: Sequence[PnlBook], since: date | None, until: date | None) -> QuerySet[PnlDay]:
    days = PnlDay.objects.filter(book__in=[book.pk for book in books])
    if since is not None:
        days = days.filter(on__gte=since)
    return days if until is None else days.filter(on__lte=until)


def _before(books: Sequence[PnlBook], since: date | None) -> Decimal:
    """What had been earned when a period began."""
    if since is None or since == date.min:
        return ZERO
    earlier = _days(books, None, since - timedelta(days=1))
    return earlier.aggregate(net=Sum(F("gross") - F("fees")))["net"] or ZERO


def hours(books: Sequence[PnlBook]) -> list[dict[str, Any]]:
    """For a map of the week: when rounds ended, and what they brought."""
    found = (
        PnlHour.objects.filter(book__in=[book.pk for book in books])
        .values("weekday", "hour")
        .annotate(all_net=Sum("net"), all_rounds=Sum("rounds"))
        .order_by("weekday", "hour")
    )
    return [
        {
            "weekday": one["weekday"],
            "hour": one["hour"],
            "net": format_money(one["all_net"]),
            "rounds": one["all_rounds"],
        }
        for one in found
    ]


def newest_rounds(
    books: Sequence[int], *, most: int, before: str | None = None, after: str | None = None
) -> list[int]:
    """Of each book the newest by index, and of these the newest: however many rounds there are.

    Those next `after` a moment instead, where that is asked for.
    """
    order = "DESC" if after is None else "ASC"
    sql = NEWEST.format(order=order)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(books), before, before, after, after, most, most])
        return [number for (number,) in cursor.fetchall()]


def daily_nets(books: Sequence[PnlBook]) -> list[tuple[date, Decimal]]:
    """Every day from the first fill to the last, those without one too."""
    rows = _days(books, None, None).order_by().values("on")
    found = dict(rows.annotate(net=Sum(F("gross") - F("fees"))).values_list("on", "net"))
    if not found:
        return []
    first, last = min(found), max(found)
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [(on, found.get(on, ZERO)) for on in span]


def drawdown(nets: Iterable[Decimal]) -> Decimal:
    """The deepest fall of the curve from where it stood before."""
    equity = peak = deepest = ZERO
    for net in nets:
        equity += net
        peak = max(peak, equity)
        deepest = max(deepest, peak - equity)
    return deepest


def _rounded(value: Decimal | None) -> str | None:
    return None if value is None else format_money(EXACT.quantize(value, ROUNDED))
