"""The portfolio of a user over all venues, in one currency: now, and over time.

It reads stored data only: balances and positions as the venues last reported them, prices as a
worker last fetched them. Paper and live are two portfolios.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Final

from django.conf import settings
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.models import PortfolioValue
from bots.portfolio.curve import CurvePoint, add_gaps
from bots.portfolio.exposure import measure_position, sum_exposure
from bots.portfolio.valuation import (
    ROUNDED,
    Portfolio,
    RateTable,
    Wallet,
    WalletAmount,
    value_wallets,
)
from bots.prices import price_table
from bots.prices.conversion import Prices, convert
from exchanges import venues
from exchanges.instruments import is_inverse, profit_currency
from exchanges.models import Balance, ExchangeKey, Position
from realtime.values import EXACT

BASE_CURRENCY: Final = "USDT"  # in which values are stored
CURRENCIES: Final = (
    *("USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH", "BNB"),
    *("BRL", "TRY", "JPY", "AUD", "CAD", "CHF", "PLN"),
)


class UnknownCurrency(Exception):
    """A currency into which nothing can be converted; `choices` are those that can be used."""

    def __init__(self, currency: str, choices: Sequence[str]) -> None:
        super().__init__(
            _("%(currency)s is none of these: %(choices)s.")
            % {"currency": currency, "choices": ", ".join(choices)}
        )
        self.choices = choices


def has_only_paper(user_id: int) -> bool:
    """Tell whether all keys of a user are simulated; without any key it is not so."""
    kinds = ExchangeKey.objects.filter(user=user_id).values_list("is_paper", flat=True)
    return set(kinds) == {True}


def value_portfolio(user_id: int, *, simulated: bool, currency: str, now: datetime) -> Portfolio:
    """Return the portfolio, or raise UnknownCurrency if no price converts into the currency."""
    wallets = read_wallets([user_id], simulated=simulated).get(user_id, [])
    prices = price_table.read_latest(currencies_by_market(wallets), simulated=simulated, now=now)
    choices = _list_choices(prices)
    if currency not in choices:
        raise UnknownCurrency(currency, choices)
    rates = RateTable(currency, prices)
    portfolio = value_wallets(wallets, rates, simulated=simulated)
    return replace(portfolio, choices=choices, exposure=sum_exposure(wallets, rates))


def read_history(
    user_id: int,
    *,
    simulated: bool,
    currency: str,
    since: datetime | None = None,
    now: datetime | None = None,
) -> tuple[CurvePoint, ...]:
    """Return the curve of stored values, converted by the rates of their own time, with gaps."""
    rows = PortfolioValue.objects.filter(user=user_id, is_paper=simulated).order_by("at")
    if since is not None:
        rows = rows.filter(at__gte=since)
    round_ = timedelta(seconds=settings.WORTH_SECONDS)
    rate = KeyTextTransform(currency, "rates")  # the database picks one of each row's many rates
    values = rows.values_list("at", "recorded_at", "value", rate, "unpriced", "exposure")
    points = (_to_point(currency, *row) for row in values)
    return tuple(add_gaps(points, round_=round_, now=now or timezone.now()))


def _list_choices(prices: Mapping[str, Prices]) -> tuple[str, ...]:
    market = prices.get(price_table.ANY_MARKET, {})
    return tuple(
        name for name in CURRENCIES if name == BASE_CURRENCY or convert(name, BASE_CURRENCY, market)
    )


def _to_point(
    currency: str,
    at: datetime,
    recorded_at: datetime | None,
    stored: Decimal,
    rate: str | None,
    unpriced: Sequence[str],
    exposure: Decimal | None,
) -> CurvePoint:
    if currency == BASE_CURRENCY:
        rate = "1"
    value, exposed = (_convert_stored(amount, rate) for amount in (stored, exposure))
    return CurvePoint(at, value, tuple(unpriced), exposure=exposed, recorded_at=recorded_at)


def _convert_stored(amount: Decimal | None, rate: str | None) -> Decimal | None:
    if amount is None or not rate:
        return None
    with localcontext(EXACT):
        return (amount / Decimal(rate)).quantize(ROUNDED)


def read_wallets(user_ids: Collection[int], *, simulated: bool) -> dict[int, list[Wallet]]:
    keys = list(
        ExchangeKey.objects.filter(user__in=user_ids, is_paper=simulated).order_by("user", "pk")
    )
    balances, positions = defaultdict(list), defaultdict(list)
    for balance in Balance.objects.filter(key__in=keys):
        balances[balance.key_id].append(balance)
    for position in Position.objects.filter(key__in=keys).exclude(quantity=0):
        positions[position.key_id].append(position)
    shared = _find_shared(keys)
    wallets: dict[int, list[Wallet]] = defaultdict(list)
    with localcontext(EXACT):
        for key in keys:
            counted = [] if key.pk in shared else balances[key.pk]
            wallet = _build_wallet(key, counted, positions[key.pk], shared.get(key.pk))
            wallets[key.user_id].append(wallet)
    return wallets


def _build_wallet(
    key: ExchangeKey,
    balances: Iterable[Balance],
    positions: Iterable[Position],
    shared_with: int | None,
) -> Wallet:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    gains: dict[str, Decimal] = defaultdict(Decimal)
    unknown, marked_at, contracts = [], [], []
    for balance in balances:
        amounts[balance.currency] += balance.total
    for position in positions:
        contracts.append(measure_position(position))
        if (gain := _unrealised_gain(position)) is None:
            unknown.append(position.symbol)
        else:
            gains[profit_currency(position.symbol)] += gain
            marked_at.append(position.mark_at)
    return Wallet(
        key=key.pk,
        label=key.label,
        venue=key.venue,
        market=key.market,
        is_active=key.is_active,
        holdings_at=key.holdings_at,
        same_wallet_as=shared_with,
        priced_by=str(price_table.spot_market(key)),
        amounts=[
            WalletAmount(currency=name, amount=amounts[name] + gains[name], unrealised=gains[name])
            for name in sorted({*amounts, *gains})
            if amounts[name] or gains[name]
        ],
        unrealised_as_of=min(filter(None, marked_at), default=None),
        unknown=sorted(unknown),
        contracts=contracts,
    )


def _find_shared(keys: Iterable[ExchangeKey]) -> dict[int, int]:
    """Find keys whose wallet is counted with another key, by their id.

    Some venues have one wallet for all markets: several keys of a user then report the same coins.
    """
    groups: dict[tuple[int, str, str], list[ExchangeKey]] = defaultdict(list)
    for key in keys:
        if venues.get(key.venue).one_wallet:
            groups[key.user_id, key.venue, key.api_key].append(key)
    shared: dict[int, int] = {}
    for group in groups.values():
        reported = [key for key in group if key.holdings_at] or group
        counted = max(reported, key=lambda key: (key.holdings_at or key.created_at, -key.pk))
        shared |= {key.pk: counted.pk for key in group if key != counted}
    return shared


def currencies_by_market(wallets: Iterable[Wallet]) -> dict[str, set[str]]:
    currencies: dict[str, set[str]] = defaultdict(set)
    for wallet in wallets:
        currencies[wallet.priced_by].update(amount.currency for amount in wallet.amounts)
        currencies[wallet.priced_by].update(name for name, _ in filter(None, wallet.contracts))
    return currencies


def _unrealised_gain(position: Position) -> Decimal | None:
    """Return the unrealised profit that the venue reports, else computed from its prices.

    Not computed for inverse contracts, whose quantity is not in coins.
    """
    entry, mark = position.entry_price, position.mark_price
    if position.unrealised is None and entry and mark and not is_inverse(position.symbol):
        return (mark - entry) * position.quantity
    return position.unrealised
