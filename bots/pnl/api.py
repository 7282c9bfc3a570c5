"""What was earned, by API: for a bot, a key or all, each currency apart, paper and live apart."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bots.models import Bot, ClosedTrade, PnlBook
from bots.pnl import history, open_positions
from bots.pnl import summary as pnl_summary
from bots.pnl.history import DailyResult
from bots.pnl.summary import Summary
from orders.payloads import moment_or_none
from realtime.values import EXACT, format_money, format_time
from users.http import current_user

BOT = OpenApiParameter("bot", int, description="Of one bot.")
KEY = OpenApiParameter("key", int, description="Of one key.")
SINCE = OpenApiParameter("since", date, description="The first day (UTC).")
UNTIL = OpenApiParameter("until", date, description="The last day (UTC), itself counted.")
ROUNDED = Decimal("0.00000001")
LEAVES_OUT = ["funding"]  # what perpetual contracts cost or bring over time is in no fill
FOUND = {200: OpenApiResponse(description="One entry for each currency, paper and live apart")}


@extend_schema(tags=["analytics"], parameters=[BOT, KEY, SINCE, UNTIL], responses=FOUND)
@api_view(["GET"])
def summary(request: Request) -> Response:
    """Sums and statistics: win rate, profit factor, drawdown, Sharpe ratio, streaks.

    Of a period (whole days of UTC) where one is asked for; streaks are then null.
    """
    period = _period(request)
    return _for_each_currency(request, lambda books: _summarize([books], **period)[0])


@extend_schema(tags=["analytics"], parameters=[BOT, KEY, SINCE, UNTIL], responses=FOUND)
@api_view(["GET"])
def daily(request: Request) -> Response:
    """Day by day (UTC), with the equity curve."""
    period = _period(request)
    return _for_each_currency(
        request,
        lambda books: {"days": [_day_data(day) for day in history.daily_results(books, **period)]},
    )


@extend_schema(tags=["analytics"], parameters=[BOT, KEY], responses=FOUND)
@api_view(["GET"])
def hours(request: Request) -> Response:
    """By weekday and hour (UTC; 0 is Monday): when rounds end, and what they bring."""
    return _for_each_currency(request, lambda books: {"hours": _hours_data(books)})


@extend_schema(
    tags=["analytics"],
    parameters=[BOT, KEY],
    responses={200: OpenApiResponse(description="One for each symbol that is held")},
)
@api_view(["GET"])
def unrealised(request: Request) -> Response:
    """What is held, and what closing it would bring before fees; null where no price is known.

    `age` says how many seconds old the price is. Whoever asks has these prices followed.
    """
    books = _asked(request).exclude(held=0)
    positions = open_positions.unrealised(books, now=timezone.now())
    return Response([open_positions.told(position) for position in positions])


@extend_schema(
    tags=["analytics"],
    parameters=[SINCE, UNTIL],
    responses={200: OpenApiResponse(description="One for each bot")},
)
@api_view(["GET"])
def bots(request: Request) -> Response:
    """All bots beside each other, the best first; purses are never compared."""
    books = PnlBook.objects.filter(user=current_user(request), bot__isnull=False)
    by_bot: dict[tuple[pnl_summary.PnlCurrency, Bot], list[PnlBook]] = {}
    for book in books.select_related("key", "bot").order_by("bot_id"):
        group = pnl_summary.currency_of_book(book), cast(Bot, book.bot)
        by_bot.setdefault(group, []).append(book)
    summaries = _summarize(list(by_bot.values()), **_period(request))
    rows = [
        {"bot": bot.pk, "name": bot.name, **_currency_data(currency), **data}
        for (currency, bot), data in zip(by_bot, summaries, strict=True)
    ]
    rows.sort(key=lambda row: (row["simulated"], row["currency"], -Decimal(row["net"]), row["bot"]))
    return Response(rows)


class Newest(CursorPagination):
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = ("-ended_at", "-id")

    def near(self, books: Sequence[int], request: Request) -> list[int]:
        """All that this page can show, whichever way it was turned to."""
        cursor, limit = self.decode_cursor(request), (self.get_page_size(request) or 0) + 1
        if cursor is None:
            return history.newest_trade_ids(books, limit=limit)
        if cursor.position is not None and not _is_moment(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        way = "after" if cursor.reverse else "before"
        bounds: dict[str, Any] = {way: cursor.position}
        return history.newest_trade_ids(books, limit=limit + cursor.offset, **bounds)


def _is_moment(text: str) -> bool:
    try:
        return parse_datetime(text) is not None
    except ValueError:  # such a moment there is not
        return False


class RoundOut(serializers.BaseSerializer[ClosedTrade]):
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
            "turnover": format_money(instance.turnover),
            "gross": format_money(instance.gross),
            "fees": format_money(instance.fees),
            "net": format_money(EXACT.subtract(instance.gross, instance.fees)),
            "parts": instance.parts,
            "provisional": instance.is_provisional,
        }


@extend_schema(
    tags=["analytics"],
    parameters=[BOT, KEY],
    responses={200: OpenApiResponse(description="Rounds, page by page")},
)
class RoundViewSet(ListModelMixin, GenericViewSet[ClosedTrade]):
    """Trades from nothing held to nothing held, the newest first."""

    queryset = ClosedTrade.objects.none()
    serializer_class = RoundOut
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[ClosedTrade]:
        books = list(_asked(self.request).order_by().values_list("pk", flat=True))
        pages = cast(Newest, self.paginator)
        return ClosedTrade.objects.filter(pk__in=pages.near(books, self.request)).select_related(
            "book__key"
        )


def _asked(request: Request) -> QuerySet[PnlBook]:
    names = {name: request.query_params.get(name) for name in ("bot", "key")}
    numbers: dict[str, int | None] = {}
    for name, given in names.items():
        if given is not None and not (given.isascii() and given.isdigit() and len(given) < 19):
            raise ValidationError({name: ["This is the number of yours."]})
        numbers[name] = int(given) if given else None
    return pnl_summary.filter_books(current_user(request).pk, **numbers)


def _period(request: Request) -> dict[str, date | None]:
    period = {name: _day(request, name) for name in ("since", "until")}
    since, until = period.values()
    if since and until and since > until:
        raise ValidationError({"until": ["This is before the first day."]})
    return period


def _day(request: Request, name: str) -> date | None:
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        found = parse_date(given)
    except ValueError:  # such a day there is not
        found = None
    if found is None:
        raise ValidationError({name: ["This is a day: 2026-03-01."]})
    return found


def _for_each_currency(
    request: Request, describe: Callable[[Sequence[PnlBook]], dict[str, Any]]
) -> Response:
    groups = pnl_summary.group_by_currency(_asked(request))
    ordered = sorted(groups, key=lambda currency: (currency.simulated, currency.currency))
    return Response(
        [{**_currency_data(currency), **describe(groups[currency])} for currency in ordered]
    )


def _summarize(
    groups: Sequence[Sequence[PnlBook]], *, since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """Return the summary of each group; positions are those of now, whatever the period is."""
    summaries = pnl_summary.summarize(groups, since=since, until=until)
    positions = open_positions.unrealised(chain(*groups), now=timezone.now())
    by_book = {position.book.pk: position for position in positions}
    return [
        _summary_data(one, [by_book[book.pk] for book in books if book.pk in by_book])
        for books, one in zip(groups, summaries, strict=True)
    ]


def _summary_data(one: Summary, positions: Sequence[open_positions.Held]) -> dict[str, Any]:
    trades, (wins, losses) = one.trades, one.streaks or (None, None)
    return {
        "gross": format_money(one.gross),
        "fees": format_money(one.fees),
        "net": format_money(one.net),
        "volume": format_money(one.volume),
        "fills": one.fills,
        "rounds": trades.cycles,
        "wins": trades.wins,
        "losses": trades.losses,
        "win_rate": _rounded(trades.win_rate),
        "profit_factor": _rounded(trades.profit_factor),
        "average_win": _rounded(trades.average_win),
        "average_loss": _rounded(trades.average_loss),
        "best": format_money(trades.best) if trades.cycles else None,
        "worst": format_money(trades.worst) if trades.cycles else None,
        "sharpe": _rounded(one.sharpe),
        "provisional": one.is_provisional,
        "longest_wins": wins,
        "longest_losses": losses,
        "drawdown": format_money(one.drawdown),
        "newest_at": moment_or_none(one.newest_at),
        "unrealised": open_positions.together(positions),
        "leaves_out": LEAVES_OUT,
    }


def _day_data(day: DailyResult) -> dict[str, Any]:
    return {
        "on": day.on.isoformat(),
        "gross": format_money(day.gross),
        "fees": format_money(day.fees),
        "net": format_money(day.net),
        "equity": format_money(day.equity),
        "volume": format_money(day.volume),
        "fills": day.fills,
    }


def _hours_data(books: Sequence[PnlBook]) -> list[dict[str, Any]]:
    return [
        {"weekday": weekday, "hour": hour, "net": format_money(net), "rounds": trades}
        for (weekday, hour), (net, trades) in history.hourly_results(books).items()
    ]


def _currency_data(currency: pnl_summary.PnlCurrency) -> dict[str, Any]:
    return {"simulated": currency.simulated, "currency": currency.currency}


def _rounded(value: Decimal | None) -> str | None:
    return None if value is None else format_money(EXACT.quantize(value, ROUNDED))
