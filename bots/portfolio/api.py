"""The API of the portfolio: its value over all venues, in one currency, now and over time."""

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
from bots.portfolio.valuation import Portfolio, ValuedAmount, WalletValue
from orders.payloads import format_money_or_none, format_time_or_none
from realtime.values import format_money, format_time
from users.rest import REASON

YES_NO = {"true": True, "1": True, "false": False, "0": False, "": False}


class CurrencyAmountData(TypedDict):
    """The amount of one currency; `value` is null where no price is known."""

    currency: str
    amount: str
    unrealised: str
    value: str | None
    price_at: str | None
    share: str | None


class KeyValueData(TypedDict):
    """The value of one key's wallet; `same_wallet_as` is the key with which it is counted."""

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
    currencies: list[CurrencyAmountData]
    unknown: list[str]


class PortfolioData(TypedDict):
    """A portfolio: `as_of` is the oldest price, `holdings_as_of` the oldest report of holdings."""

    currency: str
    simulated: bool
    total: str
    unrealised: str
    as_of: str | None
    holdings_as_of: str | None
    keys: list[KeyValueData]
    currencies: list[CurrencyAmountData]
    unpriced: list[str]
    unknown: list[str]
    choices: list[str]


class PortfolioPointData(TypedDict):
    """A point of the curve; a `value` of null is a gap."""

    at: str
    value: str | None
    unpriced: list[str]


class PortfolioHistoryData(TypedDict):
    currency: str
    simulated: bool
    points: list[PortfolioPointData]


class PortfolioOut(serializers.BaseSerializer[Any]):
    shape = PortfolioData


class PortfolioHistoryOut(serializers.BaseSerializer[Any]):
    shape = PortfolioHistoryData


CURRENCY = OpenApiParameter(
    "currency", str, description="The currency of all values; USDT by default."
)
SIMULATED = OpenApiParameter("simulated", bool, description="Paper keys instead of live ones.")
SINCE = OpenApiParameter("since", datetime, description="From this time on, with a time zone.")


@extend_schema(
    tags=["portfolio"], parameters=[CURRENCY, SIMULATED], responses={200: PortfolioOut, 400: REASON}
)
@api_view(["GET"])
def get_portfolio(request: Request) -> Response:
    """The value of all your wallets, by key and by currency, with the age of every price.

    Amounts include the unrealised profit of open positions. Currencies without a price are listed
    as `unpriced` and are in no sum; positions whose profit is not known now are `unknown`.
    """
    return Response(_portfolio_data(_value_portfolio(request)))


@extend_schema(
    tags=["portfolio"],
    parameters=[CURRENCY, SIMULATED, SINCE],
    responses={200: PortfolioHistoryOut, 400: REASON},
)
@api_view(["GET"])
def get_history(request: Request) -> Response:
    """The value over time, at the prices of that time: every five minutes, after a week every
    hour, after ninety days every day."""
    currency, simulated = _read_currency(request), _read_simulated(request)
    if currency not in wallets.CURRENCIES:
        raise _currency_error(wallets.UnknownCurrency(currency, wallets.CURRENCIES))
    points = wallets.read_history(
        request.user.pk or 0,
        simulated=simulated,
        currency=currency,
        since=_read_since(request),
        now=timezone.now(),
    )
    data = [_point_data(point) for point in points]
    return Response(PortfolioHistoryData(currency=currency, simulated=simulated, points=data))


def _value_portfolio(request: Request) -> Portfolio:
    try:
        return wallets.value_portfolio(
            request.user.pk or 0,
            simulated=_read_simulated(request),
            currency=_read_currency(request),
            now=timezone.now(),
        )
    except wallets.UnknownCurrency as unknown:
        raise _currency_error(unknown) from None


def _currency_error(unknown: wallets.UnknownCurrency) -> ValidationError:
    return ValidationError({"currency": [str(unknown)]})


def _read_currency(request: Request) -> str:
    return request.query_params.get("currency", wallets.BASE_CURRENCY).strip().upper()[:20]


def _read_simulated(request: Request) -> bool:
    text = request.query_params.get("simulated", "").strip().lower()
    if text not in YES_NO:
        raise ValidationError({"simulated": ["true or false."]})
    return YES_NO[text]


def _read_since(request: Request) -> datetime | None:
    text = request.query_params.get("since", "").strip()
    if not text:
        return None
    try:
        moment = parse_datetime(text)
        if moment and moment.tzinfo:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # well formed, but no calendar has it
        pass
    raise ValidationError({"since": ["A time such as 2026-03-01T12:00:00Z."]})


def _portfolio_data(portfolio: Portfolio) -> PortfolioData:
    return PortfolioData(
        currency=portfolio.currency,
        simulated=portfolio.simulated,
        total=format_money(portfolio.total),
        unrealised=format_money(portfolio.unrealised),
        as_of=format_time_or_none(portfolio.as_of),
        holdings_as_of=format_time_or_none(portfolio.holdings_as_of),
        keys=[_key_data(wallet) for wallet in portfolio.wallets],
        currencies=[_amount_data(amount) for amount in portfolio.amounts],
        unpriced=list(portfolio.unpriced),
        unknown=list(portfolio.unknown),
        choices=list(portfolio.choices),
    )


def _key_data(wallet: WalletValue) -> KeyValueData:
    return KeyValueData(
        key=wallet.key,
        label=wallet.label,
        venue=wallet.venue,
        market=wallet.market,
        active=wallet.is_active,
        holdings_at=format_time_or_none(wallet.holdings_at),
        same_wallet_as=wallet.same_wallet_as,
        value=format_money(wallet.value),
        unrealised=format_money(wallet.unrealised),
        share=format_money_or_none(wallet.share),
        currencies=[_amount_data(amount) for amount in wallet.amounts],
        unknown=list(wallet.unknown),
    )


def _amount_data(amount: ValuedAmount) -> CurrencyAmountData:
    return CurrencyAmountData(
        currency=amount.currency,
        amount=format_money(amount.amount),
        unrealised=format_money(amount.unrealised),
        value=format_money_or_none(amount.value),
        price_at=format_time_or_none(amount.price_at),
        share=format_money_or_none(amount.share),
    )


def _point_data(point: CurvePoint) -> PortfolioPointData:
    return PortfolioPointData(
        at=format_time(point.at),
        value=format_money_or_none(point.value),
        unpriced=list(point.unpriced),
    )
