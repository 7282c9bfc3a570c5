"""Fetch the prices that give unpriced fees their values, and have the fills counted again.

For workers only. A venue that cannot be asked, or has no such price, is asked again later, with
growing pauses.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from django.db import transaction

from bots.models import UnpricedFee
from bots.pnl import fee_values
from bots.prices import conversion
from bots.prices.price_table import spot_market
from exchanges.base import VenueError
from exchanges.instruments import VenueMarket, profit_currency
from orders import task_queue
from orders.models import Fill

log = structlog.get_logger(__name__)

BATCH: Final = 500  # fills of one run
FIRST_RETRY: Final = timedelta(seconds=20)
SLOWEST_RETRY: Final = timedelta(hours=6)
NO_PRICE: Final = "{} has no price of {} in {} then"


class PriceRequest(NamedTuple):
    """A price to fetch: of one currency in another, at a market, in one minute."""

    market: VenueMarket
    currency: str
    into: str
    minute: datetime


def look_up_fees(*, now: datetime) -> int:
    """Look up a batch of fees that are due, and return how many have a value now."""
    due = UnpricedFee.objects.filter(retry_at__lte=now).select_related("fill__key")
    requests: dict[PriceRequest, list[UnpricedFee]] = defaultdict(list)
    for fee in due.order_by("retry_at", "pk")[:BATCH]:
        fill = fee.fill
        market, into = spot_market(fill.key), profit_currency(fill.symbol)
        minute = fill.executed_at.replace(second=0, microsecond=0)
        requests[PriceRequest(market, fill.fee_currency, into, minute)].append(fee)
    return sum(_value_fills(request, fees, now=now) for request, fees in requests.items())


def _value_fills(request: PriceRequest, fees: Sequence[UnpricedFee], *, now: datetime) -> int:
    try:
        rate = _fetch_rate(request, now=now)
    except VenueError as error:
        return _retry_later(fees, str(error), now=now)
    if rate is None:
        reason = NO_PRICE.format(request.market.venue, request.currency, request.into)
        return _retry_later(fees, reason, now=now)
    return _save_values([fee.fill_id for fee in fees], rate)


def _fetch_rate(request: PriceRequest, *, now: datetime) -> conversion.Rate | None:
    from exchanges.prices import candles  # imports ccxt, and web processes import this module

    currency, into = request.currency, request.into
    pairs = fee_values.list_traded_pairs(request.market, [currency, into])
    path = fee_values.find_fee_path(currency, into, pairs)
    if not path:  # without a key at that market its symbols were never read: ask the venue
        path = fee_values.find_fee_path(currency, into, candles.list_pairs(request.market))
    prices = {}
    for pair in path:
        candle = candles.find_candle(request.market, "/".join(pair), request.minute, now=now)
        if candle is not None:
            prices[pair] = conversion.PairPrice((candle.high + candle.low) / 2, candle.at)
    return conversion.convert(currency, into, prices)


@transaction.atomic
def _save_values(fill_ids: Sequence[int], rate: conversion.Rate) -> int:
    """Save the fees' values and have the fills counted again.

    Fills are locked before their UnpricedFee rows, as in the recorder: the other way round the two
    could deadlock.
    """
    locked = Fill.objects.select_for_update(no_key=True).filter(pk__in=fill_ids, fee_value=None)
    fills = [fill for fill in locked.order_by("pk") if fill.fee]
    fee_values.save_fee_values({fill.pk: fee_values.fee_value(fill.fee, rate) for fill in fills})
    Fill.objects.filter(pk__in=[fill.pk for fill in fills]).update(is_counted=False)
    for key_id in {fill.key_id for fill in fills}:
        task_queue.request_fill_count(key_id)
    return len(fills)


def _retry_later(fees: Sequence[UnpricedFee], reason: str, *, now: datetime) -> int:
    """Ask again later, with growing pauses and without end: a venue may add old prices."""
    log.warning("fee has no price yet", fills=len(fees), reason=reason)
    for fee in fees:
        fee.tries += 1
        fee.retry_at = now + min(FIRST_RETRY * 2 ** min(fee.tries, 16), SLOWEST_RETRY)
        fee.last_error = reason
    UnpricedFee.objects.bulk_update(fees, ["tries", "retry_at", "last_error"])
    return 0
