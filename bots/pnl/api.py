"""What was earned, by API: for a bot, a key or all, each currency apart, paper and live apart."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
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
from bots.pnl import open_positions
from bots.pnl import summary as pnl_summary
from bots.pnl.lots import EXACT
from realtime.values import format_money, format_time
from users.http import current_user

BOT = OpenApiParameter("bot", int, description="Of one bot.")
KEY = OpenApiParameter("key", int, description="Of one key.")
SINCE = OpenApiParameter("since", date, description="The first day (UTC).")
UNTIL = OpenApiParameter("until", date, description="The last day (UTC), itself counted.")
FOUND = {200: OpenApiResponse(description="One entry for each currency, paper and live apart")}


@extend_schema(tags=["analytics"], parameters=[BOT, KEY, SINCE, UNTIL], responses=FOUND)
@api_view(["GET"])
def summary(request: Request) -> Response:
    """Sums and statistics: win rate, profit factor, drawdown, Sharpe ratio, streaks.

    Of a period (whole days of UTC) where one is asked for; streaks are then null.
    """
    now, period = timezone.now(), _period(request)
    return _for_each_purse(request, lambda books: pnl_summary.summary(books, now=now, **period))


@extend_schema(tags=["analytics"], parameters=[BOT, KEY, SINCE, UNTIL], responses=FOUND)
@api_view(["GET"])
def daily(request: Request) -> Response:
    """Day by day (UTC), with the equity curve."""
    period = _period(request)
    return _for_each_purse(request, lambda books: {"days": pnl_summary.daily(books, **period)})


@extend_schema(tags=["analytics"], parameters=[BOT, KEY], responses=FOUND)
@api_view(["GET"])
def hours(request: Request) -> Response:
    """By weekday and hour (UTC; 0 is Monday): when rounds end, and what they bring."""
    return _for_each_purse(request, lambda books: {"hours": pnl_summary.hours(books)})


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
    found = pnl_summary.unrealised(books, now=timezone.now())
    return Response([open_positions.told(one) for one in found])


@extend_schema(
    tags=["analytics"],
    parameters=[SINCE, UNTIL],
    responses={200: OpenApiResponse(description="One for each bot")},
)
@api_view(["GET"])
def bots(request: Request) -> Response:
    """All bots beside each other, the best first; purses are never compared."""
    books = PnlBook.objects.filter(user=current_user(request), bot__isnull=False)
    by_bot: dict[tuple[pnl_summary.Purse, Bot], list[PnlBook]] = {}
    for book in books.select_related("key", "bot").order_by("bot_id"):
        by_bot.setdefault((pnl_summary.purse_of(book), cast(Bot, book.bot)), []).append(book)
    found = pnl_summary.compared(list(by_bot.values()), now=timezone.now(), **_period(request))
    told = [
        {"bot": bot.pk, "name": bot.name, **_purse(purse), **one}
        for (purse, bot), one in zip(by_bot, found, strict=True)
    ]
    told.sort(key=lambda one: (one["simulated"], one["currency"], -Decimal(one["net"]), one["bot"]))
    return Response(told)


class Newest(CursorPagination):
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = ("-ended_at", "-id")

    def near(self, books: Sequence[int], request: Request) -> list[int]:
        """All that this page can show, whichever way it was turned to."""
        cursor, most = self.decode_cursor(request), (self.get_page_size(request) or 0) + 1
        if cursor is None:
            return pnl_summary.newest_rounds(books, most=most)
        if cursor.position is not None and not _is_moment(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        way = "after" if cursor.reverse else "before"
        limits: dict[str, Any] = {way: cursor.position}
        return pnl_summary.newest_rounds(books, most=most + cursor.offset, **limits)


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
    return pnl_summary.books_of(current_user(request).pk, **numbers)


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


def _for_each_purse(
    request: Request, say: Callable[[Sequence[PnlBook]], dict[str, Any]]
) -> Response:
    purses = pnl_summary.purses(_asked(request))
    ordered = sorted(purses, key=lambda one: (one.simulated, one.currency))
    return Response([{**_purse(purse), **say(purses[purse])} for purse in ordered])


def _purse(purse: pnl_summary.Purse) -> dict[str, Any]:
    return {"simulated": purse.simulated, "currency": purse.currency}
