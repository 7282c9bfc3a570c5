"""What everything is worth, by API: over all venues, in one currency, now and over time."""

from datetime import UTC, datetime
from typing import Any, TypedDict

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from bots.portfolio import wallets
from bots.portfolio.curve import CurvePoint
from bots.portfolio.valuation import Item, Place, Portfolio
from orders.payloads import format_money_or_none, format_time_or_none
from realtime.values import format_money, format_time
from users.rest import REASON

YES_NO = {"true": True, "1": True, "false": False, "0": False, "": False}


class HeldData(TypedDict):
    """What there is of one currency; without a `value` nobody says what it costs."""

    currency: str
    amount: str
    unrealised: str
    value: str | None
    price_at: str | None
    share: str | None


class PlaceData(TypedDict):
    """What one key comes to. `same_wallet_as` is the key with which its money is counted."""

    key: int
    label: str
    venue: str
    market: str
    active: bool
    holdings_at: str | None
    same_wallet_as: int | None
    value: str
    unrealised: str
    share: str | None
    currencies: list[HeldData]
    unknown: list[str]


class PortfolioData(TypedDict):
    """All of it: `as_of` is the oldest price used, `holdings_as_of` the oldest of the holdings."""

    currency: str
    simulated: bool
    total: str
    unrealised: str
    as_of: str | None
    holdings_as_of: str | None
    keys: list[PlaceData]
    currencies: list[HeldData]
    unpriced: list[str]
    unknown: list[str]
    choices: list[str]


class WorthData(TypedDict):
    """A point of the curve; without a `value` there is a gap."""

    at: str
    value: str | None
    unpriced: list[str]


class PortfolioHistoryData(TypedDict):
    currency: str
    simulated: bool
    points: list[WorthData]


class PortfolioOut(serializers.BaseSerializer[Any]):
    shape = PortfolioData


class PortfolioHistoryOut(serializers.BaseSerializer[Any]):
    shape = PortfolioHistoryData


CURRENCY = OpenApiParameter("currency", str, description="In which it is told; USDT unless said.")
SIMULATED = OpenApiParameter("simulated", bool, description="Of paper keys instead of live ones.")
SINCE = OpenApiParameter("since", datetime, description="From this time on, with its time zone.")


@extend_schema(
    tags=["portfolio"], parameters=[CURRENCY, SIMULATED], responses={200: PortfolioOut, 400: REASON}
)
@api_view(["GET"])
def worth(request: Request) -> Response:
    """What you have over all venues, by key and by currency, with the age of every price.

    Gains of open positions are within the amounts. What has no price is listed as `unpriced` and
    is in no sum; positions whose gain is not known now are listed as `unknown`.
    """
    return Response(_portfolio_data(_asked(request)))


@extend_schema(
    tags=["portfolio"],
    parameters=[CURRENCY, SIMULATED, SINCE],
    responses={200: PortfolioHistoryOut, 400: REASON},
)
@api_view(["GET"])
def history(request: Request) -> Response:
    """What it was worth, in the prices of then: every five minutes, after a week every hour,
    after ninety days every day."""
    currency, simulated, now = _currency(request), _simulated(request), timezone.now()
    offered = wallets.OFFERED
    if currency not in offered:
        raise _unknown(wallets.UnknownCurrency(currency, offered))
    points = wallets.history(
        request.user.pk or 0, simulated=simulated, currency=currency, since=_since(request), now=now
    )
    told = [_point_data(point) for point in points]
    return Response(PortfolioHistoryData(currency=currency, simulated=simulated, points=told))


def _asked(request: Request) -> Portfolio:
    try:
        return wallets.worth_of(
            request.user.pk or 0,
            simulated=_simulated(request),
            currency=_currency(request),
            now=timezone.now(),
        )
    except wallets.UnknownCurrency as unknown:
        raise _unknown(unknown) from None


def _unknown(unknown: wallets.UnknownCurrency) -> ValidationError:
    return ValidationError({"currency": [str(unknown)]})


def _currency(request: Request) -> str:
    return request.query_params.get("currency", wallets.USUAL).strip().upper()[:20]


def _simulated(request: Request) -> bool:
    given = request.query_params.get("simulated", "").strip().lower()
    if given not in YES_NO:
        raise ValidationError({"simulated": ["true or false."]})
    return YES_NO[given]


def _since(request: Request) -> datetime | None:
    given = request.query_params.get("since", "").strip()
    if not given:
        return None
    try:
        moment = parse_datetime(given)
        if moment and moment.tzinfo:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a date that no calendar has
        pass
    raise ValidationError({"since": ["A time such as 2026-03-01T12:00:00Z."]})


def _portfolio_data(whole: Portfolio) -> PortfolioData:
    return PortfolioData(
        currency=whole.currency,
        simulated=whole.simulated,
        total=format_money(whole.total),
        unrealised=format_money(whole.unrealised),
        as_of=format_time_or_none(whole.as_of),
        holdings_as_of=format_time_or_none(whole.holdings_as_of),
        keys=[_place_data(place) for place in whole.places],
        currencies=[_held_data(item) for item in whole.items],
        unpriced=list(whole.unpriced),
        unknown=list(whole.unknown),
        choices=list(whole.choices),
    )


def _place_data(place: Place) -> PlaceData:
    return PlaceData(
        key=place.key,
        label=place.label,
        venue=place.venue,
        market=place.market,
        active=place.is_active,
        holdings_at=format_time_or_none(place.holdings_at),
        same_wallet_as=place.same_wallet_as,
        value=format_money(place.value),
        unrealised=format_money(place.unrealised),
        share=format_money_or_none(place.share),
        currencies=[_held_data(item) for item in place.items],
        unknown=list(place.unknown),
    )


def _held_data(item: Item) -> HeldData:
    return HeldData(
        currency=item.currency,
        amount=format_money(item.amount),
        unrealised=format_money(item.unrealised),
        value=format_money_or_none(item.value),
        price_at=format_time_or_none(item.price_at),
        share=format_money_or_none(item.share),
    )


def _point_data(point: CurvePoint) -> WorthData:
    return WorthData(
        at=format_time(point.at),
        value=format_money_or_none(point.value),
        unpriced=list(point.unpriced),
    )
