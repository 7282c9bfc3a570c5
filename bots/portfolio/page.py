"""The portfolio page: what everything is worth, and what was earned. Paper and live are two pages.

It only reads. All that it asks for stands in its address, save the currency, which is remembered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from bots.charts import svg
from bots.models import Bot, PnlBook
from bots.pnl import history, open_positions, summary
from bots.portfolio import comparison, wallets
from bots.portfolio.cards import cards
from bots.portfolio.comparison import BotSummary
from bots.portfolio.curve import CurvePoint, add_gaps, value_changes
from bots.portfolio.valuation import Portfolio
from bots.prices import market_view
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from realtime import streams
from realtime.values import EXACT, ZERO
from users.http import current_user, is_id

CURRENCY: Final = "portfolio-currency"  # remembered in the session
SPANS: Final = {"day": ("24 h", 1), "week": ("7 d", 7), "month": ("30 d", 30), "all": ("All", 0)}
PERIODS: Final = {
    "7": "7 days",
    "30": "30 days",
    "90": "90 days",
    "365": "1 year",
    "all": "All time",
}
MOST_WATCHED: Final = 20
NEWEST: Final = 12  # closed trades
LONGEST_BACK: Final = timedelta(days=31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the address asks for; what it cannot mean is ignored."""

    money: str = ""
    span: str = "week"
    period: str = "30"
    quote: str = ""
    key: str = ""
    bot: str = ""
    sort: str = "-net"

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        wanted = {name: given.get(name, "") for name in cls.__slots__}
        known = {
            "money": wanted["money"] in ("paper", "live"),
            "span": wanted["span"] in SPANS,
            "period": wanted["period"] in PERIODS,
            "quote": len(wanted["quote"]) <= 20,
            "key": is_id(wanted["key"]),
            "bot": is_id(wanted["bot"]),
            "sort": comparison.known(wanted["sort"]),
        }
        return cls(**{name: value for name, value in wanted.items() if known[name]})

    def since(self, today: date) -> date | None:
        """Whole days, with today as the last."""
        return None if self.period == "all" else today - timedelta(days=int(self.period) - 1)

    def address(self, **changes: str) -> str:
        return f"?{urlencode(replace(self, **changes).told())}"

    def told(self) -> list[tuple[str, str]]:
        """Only what differs from the usual."""
        usual = Asked()
        both = [(name, getattr(self, name)) for name in self.__slots__]
        return [(name, value) for name, value in both if value != getattr(usual, name)]


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The position is read first: what changes in between is told again, harmlessly."""
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    keys = list(ExchangeKey.objects.filter(user=user))
    asked = Asked.of(request.GET)
    live = _is_live(asked, keys)
    mine = [key for key in keys if key.is_paper != live]
    context: dict[str, Any] = {
        "page": "portfolio",
        "position": position,
        "now": now,
        "asked": asked,
        "kept": asked.told(),
        "all_time": asked.address(period="all"),
        "keys": mine,
        "has_keys": bool(keys),
        "worlds": _worlds(asked, keys, live=live),
        "waiting": venue_status.list_closed(mine, now=now),
        "simulated": not live and bool(mine),
        "real": False,
        **_worth(request, asked, user.pk, simulated=not live, now=now),
        **_profit(asked, user.pk, simulated=not live, now=now),
    }
    return render(request, "portfolio/portfolio.html", context)


def _is_live(asked: Asked, keys: Sequence[ExchangeKey]) -> bool:
    """As asked, where there is such money; else what is real comes first."""
    kinds = {"paper" if key.is_paper else "live" for key in keys}
    wanted = asked.money if asked.money in kinds else min(kinds, default="paper")
    return wanted == "live"


# What everything is worth


def _worth(
    request: HttpRequest, asked: Asked, user_id: int, *, simulated: bool, now: datetime
) -> dict[str, Any]:
    whole = _told(request, user_id, simulated=simulated, now=now)
    days = SPANS[asked.span][1]
    since = None if not days else now - max(timedelta(days=days), LONGEST_BACK)
    told = wallets.history(
        user_id, simulated=simulated, currency=whole.currency, since=since, now=now
    )
    points = _until_now(told, whole, now)
    shown = [
        (point.at, point.value)
        for point in points
        if not days or point.at >= now - timedelta(days=days)
    ]
    title = f"Worth over time, in {whole.currency}"
    return {
        "worth": whole,
        "changes": value_changes(points, whole.total, now=now),
        "worth_chart": svg.line(shown, title=title, unit=whole.currency),
        "spans": [(name, words, asked.address(span=name)) for name, (words, _) in SPANS.items()],
    }


def _until_now(told: Sequence[CurvePoint], whole: Portfolio, now: datetime) -> Sequence[CurvePoint]:
    """What is true now is the end of the curve, if all of it is known."""
    if whole.unpriced or whole.unknown:
        return told
    round_ = timedelta(seconds=settings.WORTH_SECONDS)
    end = add_gaps([*told[-1:], CurvePoint(now, whole.total)], round_=round_, now=now)
    return [*told[:-1], *end]


def _told(request: HttpRequest, user_id: int, *, simulated: bool, now: datetime) -> Portfolio:
    """In the currency that was asked for, else that of the last time, else the usual one."""
    given = request.GET.get("currency", "").upper()
    wished = (given, request.session.get(CURRENCY), wallets.USUAL)
    for currency in filter(None, wished):
        try:
            whole = wallets.worth_of(user_id, simulated=simulated, currency=currency, now=now)
        except wallets.UnknownCurrency:
            continue
        if currency == given:
            request.session[CURRENCY] = currency
        return whole
    raise AssertionError(f"{wallets.USUAL} can always be told")


def _worlds(asked: Asked, keys: Sequence[ExchangeKey], *, live: bool) -> list[dict[str, Any]]:
    """Paper and live beside each other, if there are both: never as one."""
    if len({key.is_paper for key in keys}) < 2:
        return []
    return [
        {
            "word": word,
            "current": (name == "live") == live,
            "address": asked.address(money=name, quote="", key="", bot=""),
        }
        for name, word in (("live", "Live"), ("paper", "Paper"))
    ]


# What was earned


def _profit(asked: Asked, user_id: int, *, simulated: bool, now: datetime) -> dict[str, Any]:
    books = list(
        PnlBook.objects.filter(user=user_id, key__is_paper=simulated)
        .select_related("key", "bot")
        .order_by("quote", "pk")
    )
    quotes = sorted({book.quote for book in books})
    quote = asked.quote if asked.quote in quotes else _busiest(books)
    mine = [book for book in books if book.quote == quote]
    since = asked.since(now.date())
    shown = _narrowed(asked, mine)
    if not shown:
        return {
            "has_books": bool(books),
            "quotes": quotes,
            "quote": quote,
            **_choices(asked, books, since),
        }
    instruments = [market_view.name_at(book.key, book.symbol) for book in shown if book.held]
    market_view.watch(instruments)
    by_bot = _by_bot(book for book in mine if asked.key in ("", str(book.key_id)))
    taken, *of_bots = summary.summarize([shown, *by_bot.values()], since=since)
    rows = [BotSummary(bot, one) for bot, one in zip(by_bot, of_bots, strict=True)]
    unrealised = open_positions.total_unrealised(open_positions.value_positions(shown, now=now))
    days = history.nets_with_idle_days(history.daily_results(shown, since=since))
    return {
        "has_books": True,
        "quotes": quotes,
        "quote": quote,
        "taken": taken,
        "days": days,
        "cards": cards(taken, unrealised, days=len(days), currency=quote),
        "instruments": instruments[:MOST_WATCHED],
        "rounds": history.newest_trades(shown, limit=NEWEST),
        "compared": comparison.ordered(rows, asked.sort),
        "less": comparison.LESS,
        "heads": comparison.heads(asked.sort, lambda sort: asked.address(sort=sort)),
        **_drawn(days, history.hourly_results(shown), quote),
        **_choices(asked, books, since),
    }


def _by_bot(books: Iterable[PnlBook]) -> dict[Bot, list[PnlBook]]:
    groups = defaultdict[Bot, list[PnlBook]](list)
    for book in books:
        if book.bot is not None:
            groups[book.bot].append(book)
    return groups


def _drawn(
    days: Sequence[tuple[date, Decimal]], hours: history.HourlyResults, unit: str
) -> dict[str, Any]:
    with localcontext(EXACT):
        totals = list(accumulate(net for _, net in days))
    equity = [(svg.at_day(on), total) for (on, _), total in zip(days, totals, strict=True)]
    if equity:  # it began with nothing, at the end of the day before
        equity = [(equity[0][0] - timedelta(days=1), ZERO), *equity]
    return {
        "equity": svg.line(equity, title=f"Earned so far, in {unit}", unit=unit, from_zero=True),
        "daily": svg.bars(days, title=f"Earned each day, in {unit}", unit=unit),
        "week": svg.week(hours, title=f"Earned by hour of the week, in {unit}", unit=unit),
        "week_words": svg.best_and_worst(hours, unit) if hours else "",
    }


def _narrowed(asked: Asked, books: Sequence[PnlBook]) -> list[PnlBook]:
    """Each fill once: in its bot's books if one is asked for, else in its key's."""
    of_key = [book for book in books if asked.key in ("", str(book.key_id))]
    if asked.bot:
        return [book for book in of_key if str(book.bot_id) == asked.bot]
    return [book for book in of_key if book.bot_id is None]


def _choices(asked: Asked, books: Sequence[PnlBook], since: date | None) -> dict[str, Any]:
    bots = {book.bot_id: book.bot for book in books if book.bot is not None}
    return {
        "bots": sorted(bots.values(), key=lambda bot: bot.name.lower()),
        "periods": PERIODS.items(),
        "period": PERIODS[asked.period],
        "since": since,
        "export": _export(asked, since),
    }


def _export(asked: Asked, since: date | None) -> str:
    """The same filters, as the exports take them; what is empty is left out."""
    start = f"{since.isoformat()}T00:00:00Z" if since else ""
    filters = {"key": asked.key, "bot": asked.bot, "since": start}
    return f"?{urlencode({name: value for name, value in filters.items() if value})}"


def _busiest(books: Sequence[PnlBook]) -> str:
    """The currency of the newest fill."""
    newest = [(book.newest_at, book.quote) for book in books if book.newest_at]
    return max(newest)[1] if newest else ""
