"""What a fee in a third currency was worth when it was paid: by a price of that time, or unknown.

1. Counting a fill looks whether the price was seen shortly before; what comes of it stays with the
   fill, so that counting it again years later says the same.
2. Where nobody looked, the fill waits here. A worker asks its venue what the minute of the fill
   cost, over a pair the other way round or two pairs if need be, and has the fill counted again.
3. Whoever has paid such fees has the price followed from then on, so that the next is known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection
from django.utils import timezone

from bots.models import PnlBook, UnpricedFee
from bots.pnl.fills import Executed, currency_of
from bots.pnl.lots import CENTS
from bots.prices import conversion
from exchanges.instruments import Instrument, VenueMarket
from exchanges.models import ExchangeKey, Symbol
from realtime.values import EXACT, format_time

NEAR: Final = timedelta(minutes=10)  # a price this old still says what a fee was worth
FOLLOWED: Final = timedelta(days=2)  # since the last such fee
SEEN: Final = """
SELECT asked.instrument, asked.at, seen.at, seen.high + seen.low
FROM unnest(%s::text[], %s::timestamptz[]) AS asked (instrument, at)
JOIN LATERAL (
    SELECT at, high, low FROM bots_priceminute
    WHERE instrument = asked.instrument AND at > asked.at - %s::interval AND at <= asked.at
    ORDER BY at DESC LIMIT 1
) AS seen ON true
"""
SET_WORTH: Final = """
UPDATE orders_fill AS fill SET fee_value = known.worth
FROM unnest(%s::bigint[], %s::numeric[]) AS known (id, worth) WHERE fill.id = known.id
"""

Pair = conversion.Pair


def worth_of(key: ExchangeKey, fills: Sequence[Executed]) -> list[Executed]:
    """The same with what their fees were worth, where that can be said; the others wait."""
    lacking = [fill for fill in fills if fill.lacks_worth]
    if not lacking:
        return list(fills)
    known = _by_minutes(key, lacking)
    set_worth(known)
    waiting = [fill.pk for fill in lacking if fill.pk not in known and fill.fee_currency]
    UnpricedFee.objects.bulk_create(
        [UnpricedFee(fill_id=pk, retry_at=timezone.now()) for pk in waiting], ignore_conflicts=True
    )
    return [fill._replace(fee_value=known.get(fill.pk, fill.fee_value)) for fill in fills]


def set_worth(known: Mapping[int, Decimal]) -> None:
    """Of fills that the caller holds locked."""
    with connection.cursor() as cursor:
        cursor.execute(SET_WORTH, [list(known), list(known.values())])
    UnpricedFee.objects.filter(fill__in=list(known)).delete()


def worth(fee: Decimal, rate: conversion.Rate) -> Decimal:
    return EXACT.quantize(EXACT.multiply(fee, rate.each), CENTS)


def pairs_there(feed: VenueMarket, currencies: Iterable[str]) -> frozenset[Pair]:
    """Which of these trade against each other at a market."""
    names = {*currencies, *conversion.BRIDGES}
    found = Symbol.objects.filter(base__in=names, quote__in=names, **feed._asdict())
    return frozenset(found.filter(name__contains="/").values_list("base", "quote"))


def find_path(fee_currency: str, into: str, pairs: frozenset[Pair]) -> Sequence[Pair]:
    """Return the pairs whose prices value a fee: one pair, or two over a bridge."""
    return conversion.find_path(fee_currency, into, pairs.__contains__, most_bridges=1)


def market_of(key: ExchangeKey) -> VenueMarket:
    """Coins have their prices at the spot market, whatever was traded."""
    return VenueMarket(key.venue, "spot", key.is_paper)


def followed(*, now: datetime) -> frozenset[str]:
    """The instruments of fees that were paid lately."""
    lately = PnlBook.objects.filter(newest_at__gt=now - FOLLOWED).exclude(fee_currency="")
    by_feed: dict[VenueMarket, set[Pair]] = defaultdict(set)
    for book in lately.select_related("key").defer("state"):
        by_feed[market_of(book.key)].add((book.fee_currency, book.quote))
    found = set()
    for feed, wanted in by_feed.items():
        there = pairs_there(feed, {name for pair in wanted for name in pair})
        found |= {name_of(feed, leg) for pair in wanted for leg in find_path(*pair, there)}
    return frozenset(found)


def name_of(feed: VenueMarket, pair: Pair) -> str:
    return str(Instrument(*feed, "/".join(pair)))


def _by_minutes(key: ExchangeKey, fills: Iterable[Executed]) -> dict[int, Decimal]:
    """By prices that were seen: those of the minute of a fill, or shortly before."""
    feed, wanted = market_of(key), {fill.pk: fill for fill in fills}
    pairs = {pk: (fill.fee_currency, currency_of(fill.symbol)) for pk, fill in wanted.items()}
    there = pairs_there(feed, {name for pair in pairs.values() for name in pair})
    ways = {pair: find_path(*pair, there) for pair in set(pairs.values())}
    prices = _seen(
        {(name_of(feed, leg), wanted[pk].at) for pk, pair in pairs.items() for leg in ways[pair]}
    )
    known = {}
    for pk, pair in pairs.items():
        at, fee = wanted[pk].at, wanted[pk].fee
        quoted = {
            leg: prices[name_of(feed, leg), at]
            for leg in ways[pair]
            if (name_of(feed, leg), at) in prices
        }
        rate = conversion.convert(*pair, quoted)
        if rate and fee:
            known[pk] = worth(fee, rate)
    return known


def _seen(asked: set[tuple[str, datetime]]) -> dict[tuple[str, datetime], conversion.PairPrice]:
    names, moments = [name for name, _ in asked], [format_time(at) for _, at in asked]
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [names, moments, str(NEAR)])
        return {
            (name, asked_at): conversion.PairPrice(both / 2, at)
            for name, asked_at, at, both in cursor.fetchall()
        }
