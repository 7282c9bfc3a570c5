"""What a user has over all venues, in one currency: now, and over time.

It reads what is written down already: balances and positions as the venues last said, prices as a
worker last gathered them. Paper and live are two portfolios.
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

from bots.models import PortfolioValue
from bots.pnl.fills import is_inverse, profit_currency
from bots.portfolio.curve import CurvePoint, add_gaps
from bots.portfolio.valuation import ROUNDED, Portfolio, Rates, Stake, Wallet, appraise
from bots.prices import price_table
from bots.prices.conversion import Prices, convert
from exchanges import venues
from exchanges.models import Balance, ExchangeKey, Position
from realtime.values import EXACT

USUAL: Final = "USDT"  # in which worth is written down
OFFERED: Final = (
    *("USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH", "BNB"),
    *("BRL", "TRY", "JPY", "AUD", "CAD", "CHF", "PLN"),
)


class UnknownCurrency(Exception):
    """Nothing can be told in it; `choices` are those in which it can."""

    def __init__(self, currency: str, choices: Sequence[str]) -> None:
        super().__init__(f"{currency} is none of these: {', '.join(choices)}.")
        self.choices = choices


def worth_of(user_id: int, *, simulated: bool, currency: str, now: datetime) -> Portfolio:
    """UnknownCurrency if it cannot be told in this one."""
    wallets = wallets_of([user_id], simulated=simulated).get(user_id, [])
    prices = price_table.latest(by_feed(wallets), simulated=simulated, now=now)
    choices = _choices(prices)
    if currency not in choices:
        raise UnknownCurrency(currency, choices)
    whole = appraise(wallets, Rates(currency, prices), simulated=simulated)
    return replace(whole, choices=choices)


def history(
    user_id: int,
    *,
    simulated: bool,
    currency: str,
    since: datetime | None = None,
    now: datetime | None = None,
) -> tuple[CurvePoint, ...]:
    """In the order of time, in what the currency was worth then, with a gap where one is."""
    rows = PortfolioValue.objects.filter(user=user_id, is_paper=simulated).order_by("at")
    if since is not None:
        rows = rows.filter(at__gte=since)
    round_ = timedelta(seconds=settings.WORTH_SECONDS)
    each = KeyTextTransform(currency, "rates")  # of many rates one is wanted, of many rows
    points = (_point(currency, *row) for row in rows.values_list("at", "value", each, "unpriced"))
    return tuple(add_gaps(points, round_=round_, now=now or timezone.now()))


def _choices(prices: Mapping[str, Prices]) -> tuple[str, ...]:
    whole = prices.get(price_table.EVERYBODYS, {})
    return tuple(one for one in OFFERED if one == USUAL or convert(one, USUAL, whole))


def _point(
    currency: str, at: datetime, worth: Decimal, each: str | None, unpriced: Sequence[str]
) -> CurvePoint:
    if currency == USUAL:
        each = "1"
    with localcontext(EXACT):
        value = (worth / Decimal(each)).quantize(ROUNDED) if each else None
    return CurvePoint(at, value, tuple(unpriced))


def wallets_of(user_ids: Collection[int], *, simulated: bool) -> dict[int, list[Wallet]]:
    keys = list(
        ExchangeKey.objects.filter(user__in=user_ids, is_paper=simulated).order_by("user", "pk")
    )
    balances, positions = defaultdict(list), defaultdict(list)
    for balance in Balance.objects.filter(key__in=keys):
        balances[balance.key_id].append(balance)
    for position in Position.objects.filter(key__in=keys).exclude(quantity=0):
        positions[position.key_id].append(position)
    shared = _shared(keys)
    found: dict[int, list[Wallet]] = defaultdict(list)
    for key in keys:
        counted = [] if key.pk in shared else balances[key.pk]
        found[key.user_id].append(_wallet(key, counted, positions[key.pk], shared.get(key.pk)))
    return found


def _wallet(
    key: ExchangeKey, balances: Iterable[Balance], positions: Iterable[Position], same: int | None
) -> Wallet:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    won: dict[str, Decimal] = defaultdict(Decimal)
    unknown = []
    for balance in balances:
        cash = balance.cash
        amounts[balance.currency] += balance.free + balance.held if cash is None else cash
    for position in positions:
        if (gain := _gain(position)) is None:
            unknown.append(position.symbol)
        else:
            won[profit_currency(position.symbol)] += gain
    return Wallet(
        key=key.pk,
        label=key.label,
        venue=key.venue,
        market=key.market,
        is_active=key.is_active,
        holdings_at=key.holdings_at,
        same_wallet_as=same,
        priced_by=str(price_table.spot_market(key)),
        stakes=[
            Stake(currency=name, amount=amounts[name] + won[name], unrealised=won[name])
            for name in sorted({*amounts, *won})
            if amounts[name] or won[name]
        ],
        unknown=sorted(unknown),
    )


def _shared(keys: Iterable[ExchangeKey]) -> dict[int, int]:
    """A user's keys of a venue that has one wallet for all its markets: it is counted once."""
    groups: dict[tuple[int, str, str], list[ExchangeKey]] = defaultdict(list)
    for key in keys:
        if venues.get(key.venue).one_wallet:
            groups[key.user_id, key.venue, key.api_key].append(key)
    found: dict[int, int] = {}
    for group in groups.values():
        asked = [key for key in group if key.holdings_at] or group
        first = max(asked, key=lambda key: (key.holdings_at or key.created_at, -key.pk))
        found |= {key.pk: first.pk for key in group if key != first}
    return found


def by_feed(wallets: Iterable[Wallet]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for wallet in wallets:
        found[wallet.priced_by].update(stake.currency for stake in wallet.stakes)
    return found


def _gain(position: Position) -> Decimal | None:
    """As its venue says; else from its prices, where the contract counts coins."""
    entry, mark = position.entry_price, position.mark_price
    if position.unrealised is None and entry and mark and not is_inverse(position.symbol):
        return (mark - entry) * position.quantity
    return position.unrealised
