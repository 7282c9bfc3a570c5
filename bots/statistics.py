"""What books say together: sums that were kept as fills came, so a million fills cost nothing here.

Only what may be added up is: one answer for each quote currency, paper and live apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.db.models import F, QuerySet, Sum

from bots import held
from bots.held import unrealised as unrealised
from bots.ledger import ZERO
from bots.models import Book, Day, Hour
from bots.tally import Tally, sharpe
from realtime.frames import iso, money

ROUNDED = Decimal("0.00000001")
LEAVES_OUT = ["funding"]  # what perpetual contracts cost or bring over time is in no fill


@dataclass(frozen=True, slots=True)
class Purse:
    """What may be added up: one currency, and either paper or live."""

    simulated: bool
    currency: str


def books_of(user_id: int, *, bot: int | None = None, key: int | None = None) -> QuerySet[Book]:
    """A bot's, a key's, or those of all keys: a fill stands in one of these at most."""
    books = Book.objects.filter(user=user_id).select_related("key", "bot")
    if bot is not None:
        return books.filter(bot=bot)
    books = books.filter(bot__isnull=True)
    return books if key is None else books.filter(key=key)


def purses(books: Iterable[Book]) -> dict[Purse, list[Book]]:
    found: dict[Purse, list[Book]] = defaultdict(list)
    for book in books:
        found[Purse(book.key.is_paper, book.quote)].append(book)
    return found


def summary(books: Sequence[Book], *, now: datetime) -> dict[str, Any]:
    """Of books of one purse. Streaks are those of single books; falls are of the days' curve."""
    tallies = [Tally.load(book.kept["tally"]) for book in books if book.kept]
    whole = _together(tallies)
    nets = [net for _, net in daily_nets(books)]
    return {
        "gross": _sum(book.gross for book in books),
        "fees": _sum(book.fees for book in books),
        "net": _sum(book.gross - book.fees for book in books),
        "provisional": any(book.is_provisional for book in books),
        "rounds": whole.cycles,
        "wins": whole.wins,
        "losses": whole.losses,
        "win_rate": _rounded(whole.win_rate),
        "profit_factor": _rounded(whole.profit_factor),
        "average_win": _rounded(whole.average_win),
        "average_loss": _rounded(whole.average_loss),
        "best": money(whole.best),
        "worst": money(whole.worst),
        "longest_wins": whole.longest_wins,
        "longest_losses": whole.longest_losses,
        "drawdown": money(tallies[0].drawdown if len(tallies) == 1 else drawdown(nets)),
        "sharpe": _rounded(sharpe(nets)),
        "newest_at": max((iso(book.newest_at) for book in books if book.newest_at), default=None),
        "unrealised": held.together(unrealised(books, now=now)),
        "leaves_out": LEAVES_OUT,
    }


def daily(books: Sequence[Book]) -> list[dict[str, Any]]:
    """Each day with a fill, and what had been earned by its end: the equity curve."""
    days = (
        Day.objects.filter(book__in=books)
        .values("on")
        .annotate(
            all_gross=Sum("gross"),
            all_fees=Sum("fees"),
            all_volume=Sum("volume"),
            all_fills=Sum("fills"),
        )
        .order_by("on")
    )
    nets = [day["all_gross"] - day["all_fees"] for day in days]
    return [
        {
            "on": day["on"].isoformat(),
            "gross": money(day["all_gross"]),
            "fees": money(day["all_fees"]),
            "net": money(net),
            "equity": money(equity),
            "volume": money(day["all_volume"]),
            "fills": day["all_fills"],
        }
        for day, net, equity in zip(days, nets, accumulate(nets), strict=True)
    ]


def hours(books: Sequence[Book]) -> list[dict[str, Any]]:
    """For a map of the week: when rounds ended, and what they brought."""
    found = (
        Hour.objects.filter(book__in=books)
        .values("weekday", "hour")
        .annotate(all_net=Sum("net"), all_rounds=Sum("rounds"))
        .order_by("weekday", "hour")
    )
    return [
        {
            "weekday": one["weekday"],
            "hour": one["hour"],
            "net": money(one["all_net"]),
            "rounds": one["all_rounds"],
        }
        for one in found
    ]


def daily_nets(books: Sequence[Book]) -> list[tuple[date, Decimal]]:
    """Every day from the first fill to the last, those without one too."""
    rows = Day.objects.filter(book__in=books).values("on")
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


def _together(tallies: Sequence[Tally]) -> Tally:
    if len(tallies) == 1:
        return tallies[0]
    return Tally(
        cycles=sum(one.cycles for one in tallies),
        wins=sum(one.wins for one in tallies),
        losses=sum(one.losses for one in tallies),
        won=sum((one.won for one in tallies), ZERO),
        lost=sum((one.lost for one in tallies), ZERO),
        best=max((one.best for one in tallies if one.cycles), default=ZERO),
        worst=min((one.worst for one in tallies if one.cycles), default=ZERO),
        longest_wins=max((one.longest_wins for one in tallies), default=0),
        longest_losses=max((one.longest_losses for one in tallies), default=0),
    )


def _sum(values: Iterable[Decimal]) -> str:
    return money(sum(values, ZERO))


def _rounded(value: Decimal | None) -> str | None:
    return None if value is None else money(value.quantize(ROUNDED))
