"""The value of a fee paid in a third currency, by a price of that time; or unknown.

1. When a fill is counted, a price recorded shortly before it gives the value. It is stored with the
   fill, so that a recount years later comes to the same result.
2. Without such a price the fee waits in UnpricedFee. fee_lookup.py fetches the price of that minute
   from the venue and has the fill counted again.
3. From then on the price of that fee currency is followed, so that the next fee has a value.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection
from django.utils import timezone

from bots.models import PnlBook, UnpricedFee
from bots.pnl.fill_rows import FillRow
from bots.pnl.lots import SMALLEST
from bots.prices import conversion
from bots.prices.conversion import Pair, PairPrice
from bots.prices.price_table import spot_market
from exchanges.instruments import Instrument, VenueMarket, profit_currency
from exchanges.models import ExchangeKey, Symbol
from realtime.values import EXACT, format_time

OLDEST_PRICE: Final = timedelta(minutes=10)  # before the fill; an older price gives no value
FOLLOW_FOR: Final = timedelta(days=2)  # after the last such fee
READ_MINUTES: Final = """
SELECT wanted.instrument, wanted.at, minute.at, minute.high + minute.low
FROM unnest(%s::text[], %s::timestamptz[]) AS wanted (instrument, at)
JOIN LATERAL (
    SELECT at, high, low FROM bots_priceminute
    WHERE instrument = wanted.instrument AND at > wanted.at - %s::interval AND at <= wanted.at
    ORDER BY at DESC LIMIT 1
) AS minute ON true
"""
SET_FEE_VALUES: Final = """
UPDATE orders_fill AS fill SET fee_value = valued.value
FROM unnest(%s::bigint[], %s::numeric[]) AS valued (id, value) WHERE fill.id = valued.id
"""


def value_fees(key: ExchangeKey, fills: Sequence[FillRow]) -> list[FillRow]:
    """Return the fills with the values of their fees; those without a price are looked up later."""
    lacking = [fill for fill in fills if fill.lacks_fee_value]
    if not lacking:
        return list(fills)
    values = _value_from_minutes(key, lacking)
    save_fee_values(values)
    unpriced = [fill.pk for fill in lacking if fill.pk not in values and fill.fee_currency]
    UnpricedFee.objects.bulk_create(
        [UnpricedFee(fill_id=pk, retry_at=timezone.now()) for pk in unpriced], ignore_conflicts=True
    )
    return [fill._replace(fee_value=values.get(fill.pk, fill.fee_value)) for fill in fills]


def save_fee_values(values: Mapping[int, Decimal]) -> None:
    """Save the value of each fill's fee, by its id. The caller has locked the fills."""
    with connection.cursor() as cursor:
        cursor.execute(SET_FEE_VALUES, [list(values), list(values.values())])
    UnpricedFee.objects.filter(fill__in=list(values)).delete()


def fee_value(fee: Decimal, rate: conversion.Rate) -> Decimal:
    return EXACT.quantize(EXACT.multiply(fee, rate.each), SMALLEST)


def list_traded_pairs(market: VenueMarket, currencies: Iterable[str]) -> frozenset[Pair]:
    """Return the pairs of these currencies (and of the bridges) that trade at a market."""
    names = {*currencies, *conversion.BRIDGES}
    symbols = Symbol.objects.filter(base__in=names, quote__in=names, **market._asdict())
    return frozenset(symbols.filter(name__contains="/").values_list("base", "quote"))


def find_fee_path(fee_currency: str, into: str, pairs: frozenset[Pair]) -> Sequence[Pair]:
    """Return the pairs whose prices value a fee: one pair, or two over a bridge."""
    return conversion.find_path(fee_currency, into, pairs.__contains__, most_bridges=1)


def list_followed(*, now: datetime) -> frozenset[str]:
    """Return the instruments that give recent fees their values."""
    recent = PnlBook.objects.filter(newest_at__gt=now - FOLLOW_FOR).exclude(fee_currency="")
    by_market: dict[VenueMarket, set[Pair]] = defaultdict(set)
    for book in recent.select_related("key").defer("state"):
        by_market[spot_market(book.key)].add((book.fee_currency, book.quote))
    instruments = set()
    for market, conversions in by_market.items():
        pairs = list_traded_pairs(market, {name for names in conversions for name in names})
        for names in conversions:
            instruments |= {pair_instrument(market, leg) for leg in find_fee_path(*names, pairs)}
    return frozenset(instruments)


def pair_instrument(market: VenueMarket, pair: Pair) -> str:
    return str(Instrument(*market, "/".join(pair)))


def _value_from_minutes(key: ExchangeKey, fills: Sequence[FillRow]) -> dict[int, Decimal]:
    """Return the fee values that recorded prices give, by the id of the fill."""
    market = spot_market(key)
    currencies = {fill.pk: (fill.fee_currency, profit_currency(fill.symbol)) for fill in fills}
    pairs = list_traded_pairs(market, {name for names in currencies.values() for name in names})
    paths = {names: find_fee_path(*names, pairs) for names in set(currencies.values())}
    legs = [(fill, leg) for fill in fills for leg in paths[currencies[fill.pk]]]
    recorded = _read_minutes({(pair_instrument(market, leg), fill.at) for fill, leg in legs})
    prices: dict[int, dict[Pair, PairPrice]] = defaultdict(dict)
    for fill, leg in legs:
        if price := recorded.get((pair_instrument(market, leg), fill.at)):
            prices[fill.pk][leg] = price
    values = {}
    for fill in fills:
        rate = conversion.convert(*currencies[fill.pk], prices[fill.pk])
        if rate and fill.fee:
            values[fill.pk] = fee_value(fill.fee, rate)
    return values


def _read_minutes(
    wanted: Collection[tuple[str, datetime]],
) -> dict[tuple[str, datetime], PairPrice]:
    """Return the newest recorded price of each instrument before each time."""
    names, times = zip(*wanted, strict=True) if wanted else ((), ())
    with connection.cursor() as cursor:
        cursor.execute(
            READ_MINUTES, [list(names), list(map(format_time, times)), str(OLDEST_PRICE)]
        )
        return {
            (name, wanted_at): PairPrice(high_and_low / 2, at)
            for name, wanted_at, at, high_and_low in cursor.fetchall()
        }
