"""Bots beside each other: what up to six of them earned, from a common zero. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from bots.charts import svg
from bots.charts.line_data import LineChart, Series, build_data
from bots.formatting import count_places
from bots.income import totals
from bots.models import Bot, PnlBook
from bots.pnl import history, summary
from bots.pnl.summary import PnlCurrency, Summary
from bots.portfolio.comparison import group_by_bot
from bots.portfolio.page_query import PERIODS
from realtime.values import EXACT, ZERO
from users.http import is_id

MOST_BOTS: Final = 6  # as many lines as can be told apart
MOST_CHOICES: Final = 200
DEFAULT_PERIOD: Final = "30"
HEIGHT: Final = 320


@dataclass(frozen=True, kw_only=True, slots=True)
class BotCurve:
    """The profit of a bot up to the end of each day, and its figures in the period."""

    bot: Bot
    summary: Summary
    income: Decimal  # funding and the like
    totals: Sequence[tuple[date, Decimal]]
    active_days: int  # from its first day with a result up to today

    @property
    def earned(self) -> Decimal:
        return EXACT.add(self.summary.net, self.income)

    @property
    def per_day(self) -> Decimal | None:
        return EXACT.divide(self.earned, Decimal(self.active_days)) if self.active_days else None


def comparison_context(user_id: int, query: QueryDict, *, now: datetime) -> dict[str, Any]:
    """Return the page's contents. Bots of another currency, or of other money, are left out."""
    books = PnlBook.objects.filter(user=user_id, bot__isnull=False).select_related("bot", "key")
    newest_first = sorted(
        books, key=lambda book: (book.newest_at is None, -_to_seconds(book.newest_at))
    )
    groups = group_by_bot(newest_first)
    wanted = [int(text) for text in query.getlist("bot") if is_id(text)]
    asked = [bot for bot in groups if bot.pk in wanted] if wanted else list(groups)
    kind = summary.currency_of_book(groups[asked[0]][0]) if asked else None
    fitting = {bot: _filter_kind(groups[bot], kind) for bot in asked}
    chosen = [bot for bot in asked if fitting[bot]][:MOST_BOTS]
    period = query.get("period", DEFAULT_PERIOD)
    period = period if period in PERIODS else DEFAULT_PERIOD
    today = now.date()
    since = None if period == "all" else today - timedelta(days=int(period) - 1)
    context: dict[str, Any] = {
        "choices": sorted(list(groups)[:MOST_CHOICES], key=lambda bot: bot.name.lower()),
        "chosen": {bot.pk for bot in chosen},
        "left_out": [bot for bot in asked if bot not in chosen] if wanted else [],
        "most": MOST_BOTS,
        "periods": PERIODS.items(),
        "period": period,
    }
    if not chosen or kind is None:
        return context
    curves = _read_curves({bot: fitting[bot] for bot in chosen}, kind, since=since, today=today)
    return context | {
        "ranking": sorted(curves, key=lambda curve: (-curve.earned, curve.bot.name)),
        "currency": kind.currency,
        "simulated": kind.simulated,
        "has_income": any(curve.income for curve in curves),
        "drawings": [(curve.bot, _draw_curve(curve, kind.currency)) for curve in curves],
        "chart": _build_chart(curves, kind.currency, period) if curves[0].totals else None,
    }


def _to_seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _filter_kind(books: Sequence[PnlBook], kind: PnlCurrency | None) -> list[PnlBook]:
    return [book for book in books if summary.currency_of_book(book) == kind]


def _read_curves(
    groups: Mapping[Bot, Sequence[PnlBook]], kind: PnlCurrency, *, since: date | None, today: date
) -> list[BotCurve]:
    incomes = {
        bot: totals.sum_by_day(totals.filter_income(bot.user_id, bot=bot.pk, since=since)).get(
            (kind.simulated, kind.currency), {}
        )
        for bot in groups
    }
    results = {
        bot: {day.on: day.total for day in history.daily_results(books, incomes[bot], since=since)}
        for bot, books in groups.items()
    }
    firsts = [min(days) for days in results.values() if days]
    first = since or min(firsts, default=today)
    sums = summary.summarize(list(groups.values()), since=since)
    return [
        BotCurve(
            bot=bot,
            summary=one,
            income=totals.sum_all(incomes[bot]).both,
            totals=_add_days(results[bot], first, today) if firsts else [],
            active_days=(today - min(results[bot])).days + 1 if results[bot] else 0,
        )
        for bot, one in zip(groups, sums, strict=True)
    ]


def _add_days(days: Mapping[date, Decimal], first: date, today: date) -> list[tuple[date, Decimal]]:
    """Return the sum up to each day: one that brought nothing keeps it."""
    total, sums = ZERO, []
    with localcontext(EXACT):
        for number in range((today - first).days + 1):
            on = first + timedelta(days=number)
            total += days.get(on, ZERO)
            sums.append((on, total))
    return sums


def _build_chart(curves: Sequence[BotCurve], currency: str, period: str) -> LineChart:
    days = [on for on, _total in curves[0].totals]
    start = svg.day_start(days[0])
    data = build_data(
        [start, *(svg.day_start(on) + timedelta(days=1) for on in days)],
        [
            Series(label=curve.bot.name, values=[ZERO, *(total for _on, total in curve.totals)])
            for curve in curves
        ],
        unit=currency,
        places=count_places(currency),
        span=period,
        is_signed=True,
        is_daily=True,
        is_from_zero=True,
    )
    title = _("Earned, from a common zero")
    return LineChart(name="curves", title=title, drawing=svg.NO_CHART, data=data, height=HEIGHT)


def _draw_curve(curve: BotCurve, currency: str) -> Any:
    """Draw one bot's curve for whoever has no script."""
    points = [(svg.day_start(on), total) for on, total in curve.totals]
    return svg.draw_line(points, title=curve.bot.name, unit=currency, from_zero=True)
