"""Markets by API: what can be watched, and the last known prices."""

from typing import Any, TypedDict

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from exchanges.models import Symbol
from exchanges.prices import instrument_search, latest
from realtime.shapes.market import BookData, PriceData
from realtime.socket.parsing import INSTRUMENT
from realtime.values import format_money
from realtime.watchlist import LONGEST
from users.rest import REASON


class MarketData(TypedDict):
    """Something that trades at a venue of this installation, by the name to watch it by."""

    instrument: str
    venue: str
    market: str
    simulated: bool
    symbol: str
    base: str
    quote: str
    price_step: str
    quantity_step: str
    min_quantity: str
    min_cost: str


class PricesData(TypedDict):
    """The newest of each; of what is `unknown` or `refused` there is nothing."""

    prices: list[PriceData]
    books: list[BookData]
    unknown: list[str]
    refused: list[str]
    words: str


class MarketOut(serializers.BaseSerializer[Symbol]):
    shape = MarketData

    def to_representation(self, instance: Symbol) -> MarketData:
        return MarketData(
            instrument=instrument_search.instrument_name(instance),
            venue=instance.venue,
            market=instance.market,
            simulated=instance.is_paper,
            symbol=instance.name,
            base=instance.base,
            quote=instance.quote,
            price_step=format_money(instance.price_step),
            quantity_step=format_money(instance.quantity_step),
            min_quantity=format_money(instance.min_quantity),
            min_cost=format_money(instance.min_cost),
        )


class PricesOut(serializers.BaseSerializer[PricesData]):
    shape = PricesData

    def to_representation(self, instance: PricesData) -> PricesData:
        return instance


class MarketFilter(django_filters.FilterSet):  # type: ignore[misc]
    venue = django_filters.CharFilter(lookup_expr="iexact")
    market = django_filters.CharFilter(lookup_expr="iexact")
    simulated = django_filters.BooleanFilter(field_name="is_paper")
    search = django_filters.CharFilter(
        method="filter_search", label="Words of the symbol: btc usdt"
    )

    class Meta:
        model = Symbol
        fields: list[str] = []

    def filter_search(self, symbols: Any, name: str, text: str) -> Any:
        return instrument_search.search(symbols, text)


class MarketPagination(CursorPagination):
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("name", "id")


@extend_schema(tags=["markets"])
class MarketViewSet(ListModelMixin, GenericViewSet[Symbol]):
    """The markets of this installation's venues; `instrument` is the name to watch one by."""

    serializer_class = MarketOut
    pagination_class = MarketPagination
    filterset_class = MarketFilter

    def get_queryset(self) -> QuerySet[Symbol]:
        return Symbol.objects.all()


INSTRUMENT_PARAMETER = OpenApiParameter(
    "instrument",
    str,
    many=True,
    required=True,
    description=f"Such as binance.spot:BTC/USDT; up to {LONGEST}, each as a parameter of its own.",
)


@extend_schema(
    tags=["markets"], parameters=[INSTRUMENT_PARAMETER], responses={200: PricesOut, 400: REASON}
)
@api_view(["GET"])
def list_prices(request: Request) -> Response:
    """The last known price and best of the book of each, `stale` when nothing was heard lately.

    Nothing is asked of a venue here. To look is to watch for half a minute: look again in a
    second, or watch by the socket, which tells of every change.
    """
    names = request.query_params.getlist("instrument")
    if not 0 < len(names) <= LONGEST or not all(map(INSTRUMENT.fullmatch, names)):
        message = f"From 1 to {LONGEST}, each such as binance.spot:BTC/USDT."
        raise ValidationError({"instrument": [message]})
    latest_prices = latest.last_known(names)
    return Response(
        PricesData(
            prices=[latest_prices.prices[name] for name in names if name in latest_prices.prices],
            books=[latest_prices.books[name] for name in names if name in latest_prices.books],
            unknown=sorted(latest_prices.admission.unknown),
            refused=sorted(latest_prices.admission.refused),
            words=latest_prices.admission.reason,
        )
    )
