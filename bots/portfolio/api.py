"""The API of the portfolio: its value over all venues, in one currency, now and over time."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypedDict

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from bots.income.moved import list_moved
from bots.portfolio import wallets
from bots.portfolio.curve import add_paid_in
from realtime.values import format_money, format_time
from users.api_tokens.access import token_access
from users.rest import REASON
from users.strict.queries import read_yes_no
from users.strict.views import api_view

# The fields of bots/portfolio/valuation.py that have another name in the API.
RENAMED: Final = {"is_active": "active", "wallets": "keys", "amounts": "currencies"}


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
    """A portfolio: `as_of` is the oldest price, `holdings_as_of` the oldest report of holdings.

    `exposure` is the value of coins and the size of open contracts: what moves with prices.
    """

    currency: str
    simulated: bool
    total: str
    unrealised: str
    as_of: str | None
    unrealised_as_of: str | None
    holdings_as_of: str | None
    keys: list[KeyValueData]
    currencies: list[CurrencyAmountData]
    unpriced: list[str]
    awaited: list[str]
    unknown: list[str]
    choices: list[str]
    exposure: str | None


class PortfolioPointData(TypedDict):
    """A point of the curve; a `value` of null is a gap.

    `paid_in` is what was paid in since the first point, less what was taken out; `exposure` is the
    value of coins and the size of open contracts then, null where it is not known. `at` begins a
    round of five minutes; the value is of `recorded_at`, null where that is not known.
    """

    at: str
    recorded_at: str | None
    value: str | None
    unpriced: list[str]
    paid_in: str
    exposure: str | None


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
SIMULATED = OpenApiParameter(
    "simulated",
    bool,
    description="true: your paper keys, false: your live ones. Left out: the live ones, or if you"
    " have none of these, the paper ones; `simulated` in the answer says which.",
)
SINCE = OpenApiParameter("since", datetime, description="From this time on, with a time zone.")


@extend_schema(
    tags=["portfolio"], parameters=[CURRENCY, SIMULATED], responses={200: PortfolioOut, 400: REASON}
)
@token_access(GET="read", key_tokens=False)
@api_view(["GET"])
def get_portfolio(request: Request) -> Response:
    """The value of all your wallets, by key and by currency, with the age of every price.

    Amounts include the unrealised profit of open positions. Currencies without a price are listed
    as `unpriced` and are in no sum, those whose market has not told its first prices yet as
    `awaited` too; positions whose profit is not known now are `unknown`.
    """
    simulated, currency = _read_simulated(request), _read_currency(request)
    try:
        portfolio = wallets.value_portfolio(
            request.user.pk or 0, simulated=simulated, currency=currency, now=timezone.now()
        )
    except wallets.UnknownCurrency as unknown:
        raise ValidationError({"currency": [str(unknown)]}) from None
    return Response(_to_plain(portfolio))


@extend_schema(
    tags=["portfolio"],
    parameters=[CURRENCY, SIMULATED, SINCE],
    responses={200: PortfolioHistoryOut, 400: REASON},
)
@token_access(GET="read", key_tokens=False)
@api_view(["GET"])
def get_history(request: Request) -> Response:
    """The value over time, at the prices of that time: every five minutes, after a week every
    hour, after ninety days every day."""
    currency, simulated = _read_currency(request), _read_simulated(request)
    if currency not in wallets.CURRENCIES:
        unknown = wallets.UnknownCurrency(currency, wallets.CURRENCIES)
        raise ValidationError({"currency": [str(unknown)]})
    user_id, since, now = request.user.pk or 0, _read_since(request), timezone.now()
    stored = wallets.read_history(
        user_id, simulated=simulated, currency=currency, since=since, now=now
    )
    moved = list_moved(user_id, simulated=simulated, currency=currency, since=since, now=now)
    points = tuple(add_paid_in(stored, moved))
    return Response({"currency": currency, "simulated": simulated, "points": _to_plain(points)})


def _read_currency(request: Request) -> str:
    return request.query_params.get("currency", wallets.BASE_CURRENCY).strip().upper()[:20]


def _read_simulated(request: Request) -> bool:
    """Read which money is asked for; who has paper keys only need not say so."""
    chosen = read_yes_no(request, "simulated")
    return wallets.has_only_paper(request.user.pk or 0) if chosen is None else chosen


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


def _to_plain(value: Any) -> Any:
    """Turn a result into JSON: amounts and times are texts, a dataclass is an object."""
    match value:
        case Decimal():
            return format_money(value)
        case datetime():
            return format_time(value)
        case tuple():
            return [_to_plain(item) for item in value]
    if not is_dataclass(value):
        return value
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    return {RENAMED.get(name, name): _to_plain(item) for name, item in values.items()}
