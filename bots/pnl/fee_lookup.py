"""Asks venues what a fee was worth when it was paid, and has its fill counted again. For workers.

A venue that cannot be asked, or has no such price, is asked again later, ever more rarely.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from django.db import transaction

from bots.models import UnpricedFee
from bots.pnl import fee_values
from bots.pnl.fills import currency_of
from bots.prices import conversion
from exchanges.base import VenueError
from exchanges.instruments import VenueMarket
from orders import queue
from orders.models import Fill

log = structlog.get_logger(__name__)

AT_ONCE: Final = 500  # fills of one round
SOON: Final = timedelta(seconds=20)
RARELY: Final = timedelta(hours=6)
NO_PRICE: Final = "{} has no price of {} in {} then"


class Price(NamedTuple):
    """What is to be known: a currency in another, at a market, in one minute."""

    feed: VenueMarket
    of: str
    into: str
    minute: datetime


def ask(*, now: datetime) -> int:
    """One round; says how many fees have become known."""
    waiting = UnpricedFee.objects.filter(retry_at__lte=now).select_related("fill__key")
    wanted: dict[Price, list[UnpricedFee]] = defaultdict(list)
    for one in waiting.order_by("retry_at", "pk")[:AT_ONCE]:
        wanted[_price(one.fill)].append(one)
    return sum(_settle(price, some, now=now) for price, some in wanted.items())


def _price(fill: Fill) -> Price:
    feed = fee_values.market_of(fill.key)
    minute = fill.executed_at.replace(second=0, microsecond=0)
    return Price(feed, fill.fee_currency, currency_of(fill.symbol), minute)


def _settle(price: Price, some: Sequence[UnpricedFee], *, now: datetime) -> int:
    try:
        rate = _rate(price, now=now)
    except VenueError as error:
        return _later(some, str(error), now=now)
    if rate is None:
        words = NO_PRICE.format(price.feed.venue, price.of, price.into)
        return _later(some, words, now=now)
    return _know([one.fill_id for one in some], rate)


def _rate(price: Price, *, now: datetime) -> conversion.Rate | None:
    from exchanges.prices import candles  # here: ccxt is for workers, and the web knows this module

    there = fee_values.pairs_there(price.feed, [price.of, price.into])
    legs = fee_values.find_path(price.of, price.into, there)
    if not legs:  # nobody has a key at that market, perhaps: it was never read
        legs = fee_values.find_path(price.of, price.into, candles.pairs(price.feed))
    quoted = {}
    for leg in legs:
        candle = candles.last_before(price.feed, "/".join(leg), price.minute, now=now)
        if candle is not None:
            quoted[leg] = conversion.PairPrice((candle.high + candle.low) / 2, candle.at)
    return conversion.convert(price.of, price.into, quoted)


@transaction.atomic
def _know(fill_ids: Sequence[int], rate: conversion.Rate) -> int:
    """Each fill is locked before what waits for it, as whoever counts it does."""
    fills = Fill.objects.select_for_update(no_key=True).filter(pk__in=fill_ids, fee_value=None)
    found = [fill for fill in fills.order_by("pk") if fill.fee]
    fee_values.set_worth({fill.pk: fee_values.worth(fill.fee, rate) for fill in found})
    Fill.objects.filter(pk__in=[fill.pk for fill in found]).update(is_counted=False)
    for key_id in {fill.key_id for fill in found}:
        queue.to_books(key_id)
    return len(found)


def _later(some: Sequence[UnpricedFee], words: str, *, now: datetime) -> int:
    """Ever more rarely, but always again: what is missing today may be there tomorrow."""
    log.warning("a fee has no price yet", fills=len(some), words=words)
    for one in some:
        one.tries += 1
        one.retry_at = now + min(SOON * 2 ** min(one.tries, 16), RARELY)
        one.last_error = words
    UnpricedFee.objects.bulk_update(some, ["tries", "retry_at", "last_error"])
    return 0
