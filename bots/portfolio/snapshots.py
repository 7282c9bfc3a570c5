"""Record the value of every user's portfolio, round by round; the only writer of PortfolioValue.

A user has one value for each round, by the time of the round: a second worker adds nothing. A value
that would be wrong is left out, so that the curve has a gap and not a dip. That is the case when
1. a price has grown old, or a market has not answered yet, or
2. a venue has not reported the unrealised profit of a position.
A currency that never had a price is listed as unpriced instead.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from itertools import chain
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q

from bots.models import PortfolioValue
from bots.portfolio.curve import EVERY_ROUND_FOR, HOURLY_FOR
from bots.portfolio.exposure import sum_exposure
from bots.portfolio.valuation import Portfolio, RateTable, Wallet, value_wallets
from bots.portfolio.wallets import BASE_CURRENCY, CURRENCIES, currencies_by_market, read_wallets
from bots.prices import price_table
from bots.prices.conversion import Prices, convert
from exchanges.instruments import VenueMarket
from exchanges.models import Balance, ExchangeKey, Position

BATCH: Final = 200  # users
RATE_CONTEXT: Final = Context(prec=12)  # digits enough for a curve
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
# A larger value does not fit the column: one absurd price must not stop all other users.
LARGEST_VALUE: Final = Decimal(10) ** 20
OLDEST_ROUNDS: Final = 3  # the age at which a price counts as none
THIN: Final = """
DELETE FROM bots_portfoliovalue WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (
            PARTITION BY is_paper, date_trunc(%s, at, 'UTC') ORDER BY at
        ) AS number
        FROM bots_portfoliovalue WHERE user_id = %s AND at >= %s AND at < %s
    ) AS numbered WHERE number > 1
)
"""


def fetch_prices(*, now: datetime) -> int:
    """Fetch prices of each market that values holdings, once a round; return how many answered."""
    from exchanges.prices import tickers  # imports ccxt, and web processes import this package

    answers = 0
    for market, prices in tickers.read_prices(_markets_due(now), now=now):
        answers += 1
        price_table.store_prices(market, prices, now=now)
    return answers


def record_values(*, now: datetime) -> int:
    """Record this round for every user with holdings, and return how many were recorded."""
    at = round_start(now)
    return sum(_record_kind(simulated, at=at, now=now) for simulated in (False, True))


def thin_values(*, now: datetime) -> int:
    """Keep one value an hour after a week and one a day after 90 days; return how many went."""
    week, quarter = now - EVERY_ROUND_FOR, now - HOURLY_FOR
    deleted = 0
    with connection.cursor() as cursor:
        for user_id in PortfolioValue.objects.order_by().values_list("user", flat=True).distinct():
            cursor.execute(THIN, ["hour", user_id, quarter, week])
            deleted += cursor.rowcount
            cursor.execute(THIN, ["day", user_id, _LONG_AGO, quarter])
            deleted += cursor.rowcount
    return deleted


def round_start(now: datetime) -> datetime:
    seconds = now.timestamp()
    return datetime.fromtimestamp(seconds - seconds % settings.WORTH_SECONDS, UTC)


def _markets_due(now: datetime) -> list[VenueMarket]:
    """Return the markets whose prices were not fetched in this round yet."""
    holding = Q(balances__isnull=False) | Q(positions__isnull=False)
    keys = ExchangeKey.objects.filter(holding).order_by("venue", "is_paper")
    markets = {price_table.spot_market(key) for key in keys.distinct("venue", "is_paper")}
    fetched_at, start = price_table.read_fetch_times(), round_start(now)
    return sorted(name for name in markets if fetched_at.get(str(name), _LONG_AGO) < start)


def _record_kind(simulated: bool, *, at: datetime, now: datetime) -> int:
    recorded, holders = 0, _find_holders(simulated, at)
    for first in range(0, len(holders), BATCH):
        wallets = read_wallets(holders[first : first + BATCH], simulated=simulated)
        currencies = currencies_by_market(chain(*wallets.values()))
        prices = price_table.read_latest(currencies, simulated=simulated, now=now)
        table, rates = RateTable(BASE_CURRENCY, prices), _rates_to_store(prices)
        rows = [
            PortfolioValue(
                user_id=user,
                is_paper=simulated,
                at=at,
                recorded_at=now,
                value=portfolio.total,
                rates=rates,
                unpriced=list(portfolio.unpriced),
                exposure=_limit_exposure(sum_exposure(user_wallets, table)),
            )
            for user, user_wallets in wallets.items()
            if (portfolio := value_wallets(user_wallets, table, simulated=simulated))
            and _is_complete(portfolio, user_wallets, prices, now)
        ]
        recorded += len(PortfolioValue.objects.bulk_create(rows, ignore_conflicts=True))
    return recorded


def _find_holders(simulated: bool, at: datetime) -> list[int]:
    """Return users with holdings and no value yet; balances of zero end a curve at zero."""
    users = {
        user
        for model in (Balance, Position)
        for user in model.objects.filter(key__is_paper=simulated)
        .order_by()
        .values_list("key__user", flat=True)
        .distinct()
    }
    done = PortfolioValue.objects.filter(is_paper=simulated, at=at).values_list("user", flat=True)
    return sorted(users - set(done))


def _is_complete(
    portfolio: Portfolio, wallets: Sequence[Wallet], prices: dict[str, Prices], now: datetime
) -> bool:
    if abs(portfolio.total) >= LARGEST_VALUE:
        return False
    oldest = now - OLDEST_ROUNDS * timedelta(seconds=settings.WORTH_SECONDS)
    if portfolio.unknown or (portfolio.as_of and portfolio.as_of < oldest):
        return False
    unpriced = set(portfolio.unpriced)
    return not any(
        wallet.priced_by not in prices and unpriced & {amount.currency for amount in wallet.amounts}
        for wallet in wallets
    )


def _limit_exposure(exposure: Decimal | None) -> Decimal | None:
    return None if exposure is None or exposure >= LARGEST_VALUE else exposure


def _rates_to_store(prices: dict[str, Prices]) -> dict[str, str]:
    """Return the value of one unit of each currency in which a curve can be drawn."""
    market = prices.get(price_table.ANY_MARKET, {})
    rates = {name: convert(name, BASE_CURRENCY, market) for name in CURRENCIES}
    return {
        name: f"{RATE_CONTEXT.plus(rate.each):f}"
        for name, rate in rates.items()
        if rate and name != BASE_CURRENCY
    }
