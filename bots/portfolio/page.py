"""The portfolio page: the value of all wallets, and their profit. Paper and live are two pages.

It only reads. Its address has all choices except the currency, which the session remembers.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bots.income import totals
from bots.income.moved import list_moved
from bots.income.totals import IncomeSums
from bots.models import PnlBook
from bots.pnl import history, open_positions, summary
from bots.pnl.trade_books import find_trade_books
from bots.portfolio import breakdown, comparison, wallets
from bots.portfolio.cards import build_cards
from bots.portfolio.comparison import BotSummary
from bots.portfolio.curve import CurvePoint, add_gaps, value_changes
from bots.portfolio.page_query import PERIODS, SPANS, PortfolioQuery
from bots.portfolio.profit_charts import draw_charts
from bots.portfolio.valuation import Portfolio
from bots.portfolio.value_charts import draw_value_charts, follow_value, list_days
from bots.portfolio.week_map import build_week_map
from bots.prices import market_view
from bots.proof.newest import newest_proofs
from exchanges.instruments import Instrument, VenueMarket
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from realtime import prices as realtime_prices
from realtime import streams
from users.http import current_user

CURRENCY: Final = "portfolio-currency"  # remembered in the session
MOST_WATCHED: Final = 20
NEWEST: Final = 12  # closed trades
LONGEST_PERIOD: Final = timedelta(days=31)  # the changes shown need a curve of 30 days


@login_required
@require_GET
def show_portfolio(request: HttpRequest) -> HttpResponse:
    """Show the page. The head is read first: events after it come again, which does no harm."""
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    keys = list(ExchangeKey.objects.filter(user=user))
    query = PortfolioQuery.from_request(request.GET)
    is_live = _is_live(query, keys)
    shown_keys = [key for key in keys if key.is_paper != is_live]
    context: dict[str, Any] = {
        "page": "portfolio",
        "position": position,
        "now": now,
        "query": query,
        "query_items": query.changed_items(),
        "all_time": query.link_with(period="all"),
        "keys": shown_keys,
        "has_keys": bool(keys),
        "money_links": _money_links(query, keys, is_live=is_live),
        "waiting": venue_status.list_closed(shown_keys, now=now),
        "simulated": not is_live and bool(shown_keys),
        "real": False,
        "proofs": newest_proofs(user.pk),
        **_value_context(request, query, user.pk, simulated=not is_live, now=now),
        **_profit_context(query, user.pk, simulated=not is_live, now=now),
    }
    context["instruments"] = _choose_instruments(context)
    return render(request, "portfolio/portfolio.html", context)


def _is_live(query: PortfolioQuery, keys: Sequence[ExchangeKey]) -> bool:
    """Tell whether live money is shown: as chosen if there is any of it, else live first."""
    kinds = {"paper" if key.is_paper else "live" for key in keys}
    kind = query.money if query.money in kinds else min(kinds, default="paper")
    return kind == "live"


def _choose_instruments(context: Mapping[str, Any]) -> list[str]:
    """Return the instruments whose prices the page follows: those that lack one come first."""
    awaited = _list_awaited(context["portfolio"])
    market_view.watch_instruments(awaited)
    return [*awaited, *context.get("instruments", ())][:MOST_WATCHED]


def _list_awaited(portfolio: Portfolio) -> list[str]:
    """List the pairs whose streams bring the first price before their market is asked for all."""
    names = {
        str(Instrument(*VenueMarket(wallet.venue, "spot", portfolio.simulated), pair))
        for wallet in portfolio.wallets
        for amount in wallet.amounts
        if amount.currency in portfolio.awaited
        and amount.value is None
        and (pair := f"{amount.currency}/{wallets.BASE_CURRENCY}")
    }
    return sorted(realtime_prices.find_known(names))


# Value


def _value_context(
    request: HttpRequest, query: PortfolioQuery, user_id: int, *, simulated: bool, now: datetime
) -> dict[str, Any]:
    portfolio = _value_in_wanted_currency(request, user_id, simulated=simulated, now=now)
    currency, days = portfolio.currency, SPANS[query.span][1]
    since = None if not days else now - max(timedelta(days=days), LONGEST_PERIOD)
    stored = wallets.read_history(
        user_id, simulated=simulated, currency=currency, since=since, now=now
    )
    points = _extend_to_now(stored, portfolio, now)
    moved = list_moved(user_id, simulated=simulated, currency=currency, since=since, now=now)
    shown = [point for point in points if not days or point.at >= now - timedelta(days=days)]
    followed = follow_value(shown, moved)
    return {
        "portfolio": portfolio,
        "changes": value_changes(points, portfolio.total, now=now, moved=moved),
        "value_charts": draw_value_charts(shown, followed, currency=currency, span=query.span),
        "value_days": list_days(followed),
        "spans": [
            (name, label, query.link_with(span=name)) for name, (label, _days) in SPANS.items()
        ],
    }


def _extend_to_now(
    stored: Sequence[CurvePoint], portfolio: Portfolio, now: datetime
) -> Sequence[CurvePoint]:
    """Add the value of now to the end of the curve, if it is complete."""
    if portfolio.unpriced or portfolio.unknown:
        return stored
    round_ = timedelta(seconds=settings.WORTH_SECONDS)
    end = add_gaps(
        [*stored[-1:], CurvePoint(now, portfolio.total, exposure=portfolio.exposure)],
        round_=round_,
        now=now,
    )
    return [*stored[:-1], *end]


def _value_in_wanted_currency(
    request: HttpRequest, user_id: int, *, simulated: bool, now: datetime
) -> Portfolio:
    """Value the portfolio in the chosen currency, else in the one chosen last, else in USDT."""
    chosen = request.GET.get("currency", "").upper()
    currencies = (chosen, request.session.get(CURRENCY), wallets.BASE_CURRENCY)
    for currency in filter(None, currencies):
        try:
            portfolio = wallets.value_portfolio(
                user_id, simulated=simulated, currency=currency, now=now
            )
        except wallets.UnknownCurrency:
            continue
        if currency == chosen:
            request.session[CURRENCY] = currency
        return portfolio
    raise AssertionError(f"{wallets.BASE_CURRENCY} is always a choice")


def _money_links(
    query: PortfolioQuery, keys: Sequence[ExchangeKey], *, is_live: bool
) -> list[dict[str, Any]]:
    """Return links to the paper and the live page, for a user who has both."""
    if len({key.is_paper for key in keys}) < 2:
        return []
    return [
        {
            "label": label,
            "current": (name == "live") == is_live,
            "address": query.link_with(money=name, quote="", key="", bot=""),
        }
        for name, label in (("live", _("Live")), ("paper", _("Paper")))
    ]


# Profit


def _profit_context(
    query: PortfolioQuery, user_id: int, *, simulated: bool, now: datetime
) -> dict[str, Any]:
    rows = PnlBook.objects.filter(user=user_id, key__is_paper=simulated)
    books = list(rows.select_related("key", "bot", "user").order_by("quote", "pk"))
    quotes, since = sorted({book.quote for book in books}), query.first_day(now.date())
    quote = query.quote if query.quote in quotes else _newest_currency(books)
    of_quote = [
        book for book in books if book.quote == quote and query.key in ("", str(book.key_id))
    ]
    context = {
        "has_books": bool(books),
        "quotes": quotes,
        "quote": quote,
        **_filter_choices(query, books, since),
    }
    if shown := _filter_books(query, of_quote):
        context |= _summary_context(query, shown, of_quote, since, now)
    return context


def _summary_context(
    query: PortfolioQuery,
    shown: Sequence[PnlBook],
    of_quote: Sequence[PnlBook],
    since: date | None,
    now: datetime,
) -> dict[str, Any]:
    instruments = [
        market_view.instrument_name(book.key, book.symbol) for book in shown if book.held
    ]
    by_bot, quote = comparison.group_by_bot(of_quote), shown[0].quote
    total, *of_bots = summary.summarize([shown, *by_bot.values()], since=since)
    rows = [BotSummary(bot, one) for bot, one in zip(by_bot, of_bots, strict=True)]
    unrealised = open_positions.total_unrealised(open_positions.value_positions(shown, now=now))
    trade_books = find_trade_books(shown)
    incomes = _sum_income(query, shown[0])
    days = history.totals_with_idle_days(history.daily_results(shown, incomes, since=since))
    first = since or date.min
    earned = totals.sum_all({on: sums for on, sums in incomes.items() if on >= first})
    return {
        "summary": total,
        "days": days,
        "cards": build_cards(total, unrealised, earned, days=len(days), currency=quote),
        "instruments": instruments[:MOST_WATCHED],
        "trades": history.newest_trades(trade_books, limit=NEWEST),
        "bot_rows": comparison.sort_rows(rows, query.sort),
        "wide_only": comparison.WIDE_ONLY,
        "heads": comparison.table_heads(query.sort, lambda sort: query.link_with(sort=sort)),
        **_split_context(query, of_quote, since, now),
        **draw_charts(days, quote),
        "week": build_week_map(trade_books, unit=quote, zone=shown[0].user.time_zone),
    }


def _split_context(
    query: PortfolioQuery,
    of_quote: Sequence[PnlBook],
    since: date | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the split of the profit; one bot's has no parts."""
    if query.bot:
        return {}
    return {
        "split_label": breakdown.WAYS[query.by][0],
        "split_links": [
            (way, _(label), query.link_with(by=way))
            for way, (label, _name_of) in breakdown.WAYS.items()
        ],
        "split_rows": breakdown.split_profit(of_quote, query.by, since=since, now=now),
    }


def _sum_income(query: PortfolioQuery, book: PnlBook) -> dict[date, IncomeSums]:
    """Return the income of the chosen bot or key, day by day, in the currency of this book."""
    bot, key = (int(text) if text.isdigit() else None for text in (query.bot, query.key))
    entries = totals.filter_income(book.user_id, bot=bot, key=key)
    return totals.sum_by_day(entries).get((book.key.is_paper, book.quote), {})


def _filter_books(query: PortfolioQuery, books: Sequence[PnlBook]) -> list[PnlBook]:
    """Return the books of the chosen bot, or else of the keys, so that no fill counts twice."""
    if query.bot:
        return [book for book in books if str(book.bot_id) == query.bot]
    return [book for book in books if book.bot_id is None]


def _filter_choices(
    query: PortfolioQuery, books: Sequence[PnlBook], since: date | None
) -> dict[str, Any]:
    bots = {book.bot_id: book.bot for book in books if book.bot is not None}
    return {
        "bots": sorted(bots.values(), key=lambda bot: bot.name.lower()),
        "periods": PERIODS.items(),
        "period": PERIODS[query.period],
        "since": since,
        "export": _export_query(query, since),
    }


def _export_query(query: PortfolioQuery, since: date | None) -> str:
    """Return the same filters as the exports take them."""
    start = f"{since.isoformat()}T00:00:00Z" if since else ""
    filters = {"key": query.key, "bot": query.bot, "since": start}
    return f"?{urlencode({name: value for name, value in filters.items() if value})}"


def _newest_currency(books: Sequence[PnlBook]) -> str:
    """Return the currency of the newest fill."""
    newest = [(book.newest_at, book.quote) for book in books if book.newest_at]
    return max(newest)[1] if newest else ""
