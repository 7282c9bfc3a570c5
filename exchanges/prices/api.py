"""Markets by API: what can be watched, and the last known prices."""

from typing import Any, TypedDict

import django_filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import throttle_classes
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from exchanges.instruments import parse
from exchanges.models import Symbol
from exchanges.prices import chart_candles, instrument_search, latest
from exchanges.prices.chart_candles import CandleData
from exchanges.worker_calls import RESPONSES, CallError, CallFailed
from realtime.shapes.market import BookData, PriceData
from realtime.socket.parsing import INSTRUMENT
from realtime.values import format_money
from realtime.watchlist import LONGEST
from users.api_tokens.access import token_access
from users.rest import REASON, CursorPages, KnownFieldsOnly, make_shape_serializer
from users.strict.queries import YesNoFilter
from users.strict.views import KnownParametersOnly, api_view
from users.throttling import UserRate


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


class CandlesData(TypedDict):
    """Past prices of an instrument, oldest first; the newest candle is not complete."""

    instrument: str
    interval: str
    simulated: bool
    candles: list[CandleData]


class PricesData(TypedDict):
    """The newest of each; of what is `unknown` or `refused` there is nothing."""

    prices: list[PriceData]
    books: list[BookData]
    unknown: list[str]
    refused: list[str]
    words: str


def market_data(symbol: Symbol) -> MarketData:
    return MarketData(
        instrument=instrument_search.instrument_name(symbol),
        venue=symbol.venue,
        market=symbol.market,
        simulated=symbol.is_paper,
        symbol=symbol.name,
        base=symbol.base,
        quote=symbol.quote,
        price_step=format_money(symbol.price_step),
        quantity_step=format_money(symbol.quantity_step),
        min_quantity=format_money(symbol.min_quantity),
        min_cost=format_money(symbol.min_cost),
    )


MarketOut = make_shape_serializer(MarketData, market_data)
PricesOut = make_shape_serializer(PricesData)
CandlesOut = make_shape_serializer(CandlesData)


class MarketFilter(django_filters.FilterSet):  # type: ignore[misc]
    venue = django_filters.CharFilter(lookup_expr="iexact")
    market = django_filters.CharFilter(lookup_expr="iexact")
    simulated = YesNoFilter(field_name="is_paper")
    search = django_filters.CharFilter(
        method="filter_search", label="Words of the symbol: btc usdt"
    )

    def filter_search(self, symbols: Any, name: str, text: str) -> Any:
        return instrument_search.search(symbols, text)


class MarketPagination(CursorPages):
    page_size = 50
    max_page_size = 500
    ordering = ("name", "id")

    def is_position(self, text: str) -> bool:
        return text.isprintable()


@extend_schema(tags=["markets"])
@token_access(GET="read", key_tokens=True)
class MarketViewSet(KnownParametersOnly, ListModelMixin, GenericViewSet[Symbol]):
    """The markets of this installation's venues; `instrument` is the name to watch one by."""

    serializer_class = MarketOut
    pagination_class = MarketPagination
    filterset_class = MarketFilter
    queryset = Symbol.objects.all()


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
@token_access(GET="read", key_tokens=True)
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


class CandleRate(UserRate):
    """The first look at a chart costs the venue's limit, which all users share."""

    scope = "candles"
    rate = "60/min"


class CandleQuery(KnownFieldsOnly):
    instrument = serializers.CharField(
        max_length=80, help_text="Such as binance.spot:BTC/USDT, from `markets/`."
    )
    interval = serializers.ChoiceField(
        list(chart_candles.LENGTHS), default=chart_candles.DEFAULT_LENGTH
    )


@extend_schema(
    tags=["markets"],
    parameters=[CandleQuery],
    responses={200: CandlesOut, 400: REASON, **RESPONSES},
)
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
@throttle_classes([CandleRate])
def list_candles(request: Request) -> Response:
    """The newest candles of an instrument, for a chart. They may be some seconds old."""
    query = CandleQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    name, interval = query.validated_data["instrument"], query.validated_data["interval"]
    if not instrument_search.filter_known(frozenset(instrument_search.filter_well_formed([name]))):
        raise NotFound(f"{name} is not traded at a venue of this installation.")
    try:
        candles = chart_candles.read_candles(name, interval)
    except CallError as error:
        raise CallFailed(error) from None
    return Response(
        CandlesData(
            instrument=name,
            interval=interval,
            simulated=parse(name).is_paper,
            candles=candles,
        )
    )
