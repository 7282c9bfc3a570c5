"""What everybody's holdings were worth, written down in rounds; the only writer of Worth.

A round is written once, whoever comes second: its moment is part of its name. What cannot be told
rightly is left out, so that a curve has a gap there and no dip:
1. A price that was known and has grown old, or a market that has not answered yet, is no price.
2. A position whose gain its venue has not said is not a position without a gain.
What never had a price is listed instead.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q

from bots.models import PortfolioValue
from bots.portfolio.curve import EVERY_ROUND_FOR, HOURLY_FOR
from bots.portfolio.valuation import Portfolio, Rates, Wallet, appraise
from bots.portfolio.wallets import OFFERED, USUAL, by_feed, wallets_of
from bots.prices import price_table
from bots.prices.conversion import Prices, convert
from exchanges.instruments import VenueMarket
from exchanges.models import Balance, ExchangeKey, Position

AT_ONCE: Final = 200  # users
SHORT: Final = Context(prec=12)  # a rate for a curve needs no more digits
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
MOST: Final = Decimal(10) ** 20  # dollars, that fit a column: a mad price must not stop others
OLD_ROUNDS: Final = 3  # a price older than that is none
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


def gather(*, now: datetime) -> int:
    """Ask each market that anybody's holdings are valued by once a round; says how many told."""
    from exchanges.prices import (
        tickers,  # here: ccxt is for workers, and the web imports this package
    )

    told = 0
    for feed, prices in tickers.read(_due(now), now=now):
        told += 1
        price_table.keep(feed, prices, now=now)
    return told


def record(*, now: datetime) -> int:
    """Write this round down for everybody who ever held something; says for how many."""
    at = round_of(now)
    return sum(_record(simulated, at=at, now=now) for simulated in (False, True))


def thin(*, now: datetime) -> int:
    """One an hour is enough after a week, and one a day after that; a user at a time."""
    week, quarter = now - EVERY_ROUND_FOR, now - HOURLY_FOR
    gone = 0
    with connection.cursor() as cursor:
        for user_id in PortfolioValue.objects.order_by().values_list("user", flat=True).distinct():
            cursor.execute(THIN, ["hour", user_id, quarter, week])
            gone += cursor.rowcount
            cursor.execute(THIN, ["day", user_id, _LONG_AGO, quarter])
            gone += cursor.rowcount
    return gone


def round_of(now: datetime) -> datetime:
    seconds = now.timestamp()
    return datetime.fromtimestamp(seconds - seconds % settings.WORTH_SECONDS, UTC)


def _due(now: datetime) -> list[VenueMarket]:
    """Markets that this round has not asked yet."""
    holding = Q(balances__isnull=False) | Q(positions__isnull=False)
    keys = ExchangeKey.objects.filter(holding).order_by("venue", "is_paper")
    feeds = {price_table.spot_market(key) for key in keys.distinct("venue", "is_paper")}
    asked = price_table.asked_at()
    return sorted(feed for feed in feeds if asked.get(str(feed), _LONG_AGO) < round_of(now))


def _record(simulated: bool, *, at: datetime, now: datetime) -> int:
    written = 0
    for users in _in_batches(_holders(simulated, at)):
        wallets = wallets_of(users, simulated=simulated)
        currencies = by_feed(wallet for some in wallets.values() for wallet in some)
        prices = price_table.latest(currencies, simulated=simulated, now=now)
        rates, then = Rates(USUAL, prices), _rates(prices)
        rows = [
            PortfolioValue(user_id=user, is_paper=simulated, at=at, value=whole.total, rates=then,
                  unpriced=list(whole.unpriced))
            for user, some in wallets.items()
            if _can_be_told(whole := appraise(some, rates, simulated=simulated), some, prices, now)
        ]  # fmt: skip
        written += len(PortfolioValue.objects.bulk_create(rows, ignore_conflicts=True))
    return written


def _holders(simulated: bool, at: datetime) -> list[int]:
    """Whose balances are known, zeros too: who has lost everything has a curve that says so."""
    rows = (Balance.objects.all(), Position.objects.all())
    users = {
        user
        for some in rows
        for user in some.filter(key__is_paper=simulated)
        .order_by()
        .values_list("key__user", flat=True)
        .distinct()
    }
    done = PortfolioValue.objects.filter(is_paper=simulated, at=at).values_list("user", flat=True)
    return sorted(users - set(done))


def _can_be_told(
    whole: Portfolio, wallets: Sequence[Wallet], prices: dict[str, Prices], now: datetime
) -> bool:
    if abs(whole.total) >= MOST:
        return False
    oldest = now - OLD_ROUNDS * timedelta(seconds=settings.WORTH_SECONDS)
    if whole.unknown or (whole.as_of and whole.as_of < oldest):
        return False
    unpriced = set(whole.unpriced)
    return not any(
        wallet.priced_by not in prices and unpriced & {stake.currency for stake in wallet.stakes}
        for wallet in wallets
    )


def _rates(prices: dict[str, Prices]) -> dict[str, str]:
    """What one of each currency that a curve can be drawn in is worth."""
    whole = prices.get(price_table.EVERYBODYS, {})
    found = ((name, convert(name, USUAL, whole)) for name in OFFERED)
    return {name: f"{SHORT.plus(one.each):f}" for name, one in found if one and name != USUAL}


def _in_batches(users: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(users), AT_ONCE):
        yield users[first : first + AT_ONCE]
