"""Analyses of markets by API, as series for charts."""

from typing import TypedDict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from bots.market_analysis import record
from bots.models import MarketAnalysis
from exchanges.instruments import parse
from exchanges.prices import instrument_search
from realtime.values import format_money, format_money_or_none, format_time
from users.api_tokens.access import token_access
from users.rest import REASON, KnownFieldsOnly, make_shape_serializer
from users.strict.views import api_view


class AnalysisPoint(TypedDict):
    """The hour before `at`; `volatility_percent` is null where too few minutes were watched.

    `volume` is in the base currency or in contracts, and null where its venue was not asked.
    """

    at: str
    minutes: int
    price: str
    low: str
    high: str
    change_percent: str
    range_percent: str
    volatility_percent: str | None
    volume: str | None
    trend: str


class MarketAnalysisData(TypedDict):
    """Analyses of the last day, one a minute while the instrument was watched, oldest first."""

    instrument: str
    simulated: bool
    points: list[AnalysisPoint]


AnalysisOut = make_shape_serializer(MarketAnalysisData)


class AnalysisQuery(KnownFieldsOnly):
    instrument = serializers.CharField(
        max_length=80, help_text="Such as binance.spot:BTC/USDT, from `markets/`."
    )


@extend_schema(
    tags=["markets"],
    parameters=[AnalysisQuery],
    responses={200: AnalysisOut, 400: REASON, 404: REASON},
)
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
def list_analyses(request: Request) -> Response:
    """Volatility, trend, range and volume of an instrument, while bots watch its price."""
    query = AnalysisQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    name = query.validated_data["instrument"]
    if not instrument_search.filter_known(frozenset(instrument_search.filter_well_formed([name]))):
        raise NotFound(f"{name} is not traded at a venue of this installation.")
    return Response(
        MarketAnalysisData(
            instrument=name,
            simulated=parse(name).is_paper,
            points=[_make_point(row) for row in record.list_day(name, now=timezone.now())],
        )
    )


def _make_point(row: MarketAnalysis) -> AnalysisPoint:
    return AnalysisPoint(
        at=format_time(row.at),
        minutes=row.minutes,
        price=format_money(row.price),
        low=format_money(row.low),
        high=format_money(row.high),
        change_percent=format_money(row.change_percent),
        range_percent=format_money(row.range_percent),
        volatility_percent=format_money_or_none(row.volatility_percent),
        volume=format_money_or_none(row.volume),
        trend=row.trend,
    )
