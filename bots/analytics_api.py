"""What was earned, by API: for a bot, a key or all, each currency apart, paper and live apart."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bots import held, prices, statistics
from bots.models import Book, Bot, Round
from realtime.frames import iso, money
from users.models import User

BOT = OpenApiParameter("bot", int, description="Of one bot.")
KEY = OpenApiParameter("key", int, description="Of one key.")
FOUND = {200: OpenApiResponse(description="One entry for each currency, paper and live apart")}


@extend_schema(tags=["analytics"], parameters=[BOT, KEY], responses=FOUND)
@api_view(["GET"])
def summary(request: Request) -> Response:
    """Sums and statistics: win rate, profit factor, drawdown, Sharpe ratio, streaks."""
    now = timezone.now()
    return _for_each_purse(request, lambda books: statistics.summary(books, now=now))


@extend_schema(tags=["analytics"], parameters=[BOT, KEY], responses=FOUND)
@api_view(["GET"])
def daily(request: Request) -> Response:
    """Day by day (UTC), with the equity curve."""
    return _for_each_purse(request, lambda books: {"days": statistics.daily(books)})


@extend_schema(tags=["analytics"], parameters=[BOT, KEY], responses=FOUND)
@api_view(["GET"])
def hours(request: Request) -> Response:
    """By weekday and hour (UTC; 0 is Monday): when rounds end, and what they bring."""
    return _for_each_purse(request, lambda books: {"hours": statistics.hours(books)})


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
    prices.watch(prices.name_at(book.key, book.symbol) for book in books)
    found = statistics.unrealised(books, now=timezone.now())
    return Response([held.told(one) for one in found])


@extend_schema(tags=["analytics"], responses={200: OpenApiResponse(description="One for each bot")})
@api_view(["GET"])
def bots(request: Request) -> Response:
    """All bots beside each other."""
    now = timezone.now()
    books = Book.objects.filter(user=cast(User, request.user), bot__isnull=False)
    by_bot: dict[Bot, list[Book]] = {}
    for book in books.select_related("key", "bot").order_by("bot_id"):
        by_bot.setdefault(cast(Bot, book.bot), []).append(book)
    return Response(
        [
            {"bot": bot.pk, "name": bot.name, **_purse(purse), **statistics.summary(mine, now=now)}
            for bot, all_of_it in by_bot.items()
            for purse, mine in statistics.purses(all_of_it).items()
        ]
    )


class Newest(CursorPagination):
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = ("-ended_at", "-id")


class RoundOut(serializers.BaseSerializer[Round]):
    def to_representation(self, instance: Round) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "bot": instance.book.bot_id,
            "key": instance.book.key_id,
            "symbol": instance.book.symbol,
            "simulated": instance.book.key.is_paper,
            "currency": instance.book.quote,
            "began_at": iso(instance.began_at),
            "ended_at": iso(instance.ended_at),
            "turnover": money(instance.turnover),
            "gross": money(instance.gross),
            "fees": money(instance.fees),
            "net": money(instance.gross - instance.fees),
            "parts": instance.parts,
            "provisional": instance.is_provisional,
        }


@extend_schema(
    tags=["analytics"],
    parameters=[BOT, KEY],
    responses={200: OpenApiResponse(description="Rounds, page by page")},
)
class RoundViewSet(ListModelMixin, GenericViewSet[Round]):
    """Trades from nothing held to nothing held, the newest first."""

    queryset = Round.objects.none()
    serializer_class = RoundOut
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Round]:
        found = Round.objects.filter(book__in=_asked(self.request))
        return found.select_related("book__key")


def _asked(request: Request) -> QuerySet[Book]:
    names = {name: request.query_params.get(name) for name in ("bot", "key")}
    numbers: dict[str, int | None] = {}
    for name, given in names.items():
        if given is not None and not (given.isascii() and given.isdigit() and len(given) < 19):
            raise ValidationError({name: ["This is the number of yours."]})
        numbers[name] = int(given) if given else None
    return statistics.books_of(cast(User, request.user).pk, **numbers)


def _for_each_purse(request: Request, say: Callable[[Sequence[Book]], dict[str, Any]]) -> Response:
    purses = statistics.purses(_asked(request))
    ordered = sorted(purses, key=lambda one: (one.simulated, one.currency))
    return Response([{**_purse(purse), **say(purses[purse])} for purse in ordered])


def _purse(purse: statistics.Purse) -> dict[str, Any]:
    return {"simulated": purse.simulated, "currency": purse.currency}
