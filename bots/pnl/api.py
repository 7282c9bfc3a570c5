"""The API of PnL: of a bot, a key or all keys, each currency apart, paper and live apart."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, TypeVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bots.income import totals
from bots.income.totals import IncomeCurrency, IncomeSums
from bots.models import Bot, ClosedTrade, PnlBook
from bots.payloads import format_amounts
from bots.pnl import history, open_positions
from bots.pnl import summary as pnl_summary
from bots.pnl.api_query import filter_books, filter_income, parse_or_none, read_period
from bots.pnl.history import DailyResult
from bots.pnl.summary import PnlCurrency, Summary
from bots.pnl.trade_books import find_trade_books
from realtime.values import EXACT, format_money, format_time, format_time_or_none
from users.api_tokens.access import filter_by_keys, token_access
from users.http import current_user
from users.rest import CursorPages
from users.strict.views import KnownParametersOnly, api_view

View = TypeVar("View", bound=Callable[..., Any])
BOT = OpenApiParameter("bot", int, description="Only this bot.")
KEY = OpenApiParameter("key", int, description="Only this key.")
SINCE = OpenApiParameter("since", date, description="The first day (UTC).")
UNTIL = OpenApiParameter("until", date, description="The last day (UTC), included.")
ROUNDED = Decimal("0.00000001")
FIRST_PRICE_SECONDS = 3.0
LEAVES_OUT: list[str] = []  # parts of the profit that are not known here
PER_CURRENCY = "One entry for each currency, paper and live apart"


def _describe_view(
    *parameters: OpenApiParameter, answer: str = PER_CURRENCY
) -> Callable[[View], View]:
    """Describe a view in the OpenAPI document."""
    responses = {200: OpenApiResponse(description=answer)}
    return extend_schema(tags=["analytics"], parameters=[*parameters], responses=responses)


@_describe_view(BOT, KEY, SINCE, UNTIL)
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def get_summary(request: Request) -> Response:
    """Sums and statistics: win rate, profit factor, drawdown, Sharpe ratio, streaks.

    With `since` or `until`, of that period (whole days, UTC); streaks are then null.
    """
    period = read_period(request)
    sums = totals.sum_by_currency(filter_income(request, **period))
    return _for_each_currency(
        request,
        sums,
        lambda books, currency: _add_income(
            _summaries_data([books], **period)[0], sums.get(currency, IncomeSums())
        ),
    )


@_describe_view(BOT, KEY, SINCE, UNTIL)
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def get_daily(request: Request) -> Response:
    """Results day by day (UTC), with the equity curve."""
    period = read_period(request)
    incomes = totals.sum_by_day(filter_income(request))
    return _for_each_currency(
        request,
        incomes,
        lambda books, currency: {
            "days": [
                _day_data(day)
                for day in history.daily_results(books, incomes.get(currency), **period)
            ]
        },
    )


@_describe_view(BOT, KEY)
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def get_hours(request: Request) -> Response:
    """Results by the weekday (0 is Monday) and hour (UTC) in which trades were closed."""
    return _for_each_currency(request, (), lambda books, _: {"hours": _hours_data(books)})


@_describe_view(BOT, KEY, answer="One entry for each open position")
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def get_unrealised(request: Request) -> Response:
    """Open positions, and their profit if closed now, before fees; null where no price is known.

    `age` is the age of the price in seconds. A request keeps these prices followed for a while.
    """
    books = filter_books(request).exclude(held=0)
    positions = open_positions.value_positions(
        books, now=timezone.now(), patience=FIRST_PRICE_SECONDS
    )
    return Response([open_positions.open_position_data(position) for position in positions])


@_describe_view(SINCE, UNTIL, answer="One entry for each bot and currency")
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def compare_bots(request: Request) -> Response:
    """A summary of each bot, the best first; currencies, paper and live are never compared."""
    books = PnlBook.objects.filter(user=current_user(request), bot__isnull=False)
    books = filter_by_keys(books, request)
    by_bot: dict[tuple[pnl_summary.PnlCurrency, Bot], list[PnlBook]] = {}
    for book in books.select_related("key", "bot").order_by("bot_id"):
        group = pnl_summary.currency_of_book(book), cast(Bot, book.bot)
        by_bot.setdefault(group, []).append(book)
    period = read_period(request)
    summaries = _summaries_data(list(by_bot.values()), **period)
    incomes = filter_by_keys(
        totals.filter_income(
            current_user(request).pk, since=period["since"], until=period["until"]
        ),
        request,
    )
    sums = totals.sum_by_bot(incomes)
    rows = [
        {"bot": bot.pk, "name": bot.name, **currency._asdict()}
        | _add_income(data, sums.get((*currency, bot.pk), IncomeSums()))
        for (currency, bot), data in zip(by_bot, summaries, strict=True)
    ]
    rows.sort(
        key=lambda row: (row["simulated"], row["currency"], -Decimal(row["total"]), row["bot"])
    )
    return Response(rows)


class NewestTrades(CursorPages):
    ordering = ("-ended_at", "-id")

    def find_candidates(self, books: Sequence[int], request: Request) -> list[int]:
        """Return the ids of all trades that this page can show, forwards or backwards."""
        cursor, limit = self.decode_cursor(request), self.get_page_size(request) + 1
        if cursor is None:
            return history.newest_trade_ids(books, limit=limit)
        bound = "after" if cursor.reverse else "before"
        bounds: dict[str, Any] = {bound: cursor.position}
        return history.newest_trade_ids(books, limit=limit + cursor.offset, **bounds)

    def is_position(self, text: str) -> bool:
        return parse_or_none(parse_datetime, text) is not None


class ClosedTradeOut(serializers.BaseSerializer[ClosedTrade]):
    def to_representation(self, instance: ClosedTrade) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "bot": instance.book.bot_id,
            "key": instance.book.key_id,
            "symbol": instance.book.symbol,
            "simulated": instance.book.key.is_paper,
            "currency": instance.book.quote,
            "began_at": format_time(instance.began_at),
            "ended_at": format_time(instance.ended_at),
            **format_amounts(instance, "turnover", "gross", "fees", "net"),
            "parts": instance.parts,
            "provisional": instance.is_provisional,
        }


@_describe_view(BOT, KEY, answer="Closed trades, page by page")
@token_access(GET="read", key_tokens=True)
class ClosedTradeViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[ClosedTrade]):
    """Closed trades, from holding nothing to holding nothing again, the newest first."""

    queryset = ClosedTrade.objects.none()
    serializer_class = ClosedTradeOut
    pagination_class = NewestTrades

    def get_queryset(self) -> QuerySet[ClosedTrade]:
        books = [book.pk for book in find_trade_books(list(filter_books(self.request)))]
        pages = cast(NewestTrades, self.paginator)
        return ClosedTrade.objects.filter(
            pk__in=pages.find_candidates(books, self.request)
        ).select_related("book__key")


def _for_each_currency(
    request: Request,
    incomes: Iterable[IncomeCurrency],
    describe: Callable[[Sequence[PnlBook], PnlCurrency], dict[str, Any]],
) -> Response:
    """Describe each currency that has books, or income alone."""
    groups = pnl_summary.group_by_currency(filter_books(request))
    currencies = sorted({*groups, *(PnlCurrency(*one) for one in incomes)})
    return Response(
        [
            currency._asdict() | describe(groups.get(currency, []), currency)
            for currency in currencies
        ]
    )


def _add_income(data: dict[str, Any], sums: IncomeSums) -> dict[str, Any]:
    total = EXACT.add(Decimal(data["net"]), sums.both)
    return data | format_amounts(sums, "funding", "income") | {"total": format_money(total)}


def _summaries_data(
    groups: Sequence[Sequence[PnlBook]], *, since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """Return the data of each group's summary; its open positions are those of now."""
    summaries = pnl_summary.summarize(groups, since=since, until=until)
    positions = open_positions.value_positions(
        chain(*groups), now=timezone.now(), patience=FIRST_PRICE_SECONDS
    )
    by_book = {position.book.pk: position for position in positions}
    return [
        _summary_data(one, [by_book[book.pk] for book in books if book.pk in by_book])
        for books, one in zip(groups, summaries, strict=True)
    ]


def _summary_data(one: Summary, positions: Sequence[open_positions.OpenPosition]) -> dict[str, Any]:
    trades, (wins, losses) = one.trades, one.streaks or (None, None)
    return {
        **format_amounts(one, "gross", "fees", "net", "volume"),
        "fills": one.fills,
        "rounds": trades.count,
        "wins": trades.wins,
        "losses": trades.losses,
        "win_rate": _round_ratio(trades.win_rate),
        "profit_factor": _round_ratio(trades.profit_factor),
        "average_win": _round_ratio(trades.average_win),
        "average_loss": _round_ratio(trades.average_loss),
        "best": format_money(trades.best) if trades.count else None,
        "worst": format_money(trades.worst) if trades.count else None,
        "sharpe": _round_ratio(one.sharpe),
        "provisional": one.is_provisional,
        "longest_wins": wins,
        "longest_losses": losses,
        "drawdown": format_money(one.drawdown),
        "newest_at": format_time_or_none(one.newest_at),
        "unrealised": open_positions.total_unrealised(positions),
        "leaves_out": LEAVES_OUT,
    }


def _day_data(day: DailyResult) -> dict[str, Any]:
    return {
        "on": day.on.isoformat(),
        **format_amounts(day, "gross", "fees", "net", "equity", "volume"),
        "fills": day.fills,
        **format_amounts(day, "funding", "income", "total"),
    }


def _hours_data(books: Sequence[PnlBook]) -> list[dict[str, Any]]:
    hours = history.hourly_results(find_trade_books(books))
    return [
        {"weekday": weekday, "hour": hour, "net": format_money(net), "rounds": trades}
        for (weekday, hour), (net, trades) in hours.items()
    ]


def _round_ratio(value: Decimal | None) -> str | None:
    return None if value is None else format_money(EXACT.quantize(value, ROUNDED))
