"""Ask the venues how much was traded in the hours that were analysed. Loads ccxt: for workers."""

from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from bots.market_analysis import record
from bots.market_analysis.record import HOUR
from bots.models import MarketAnalysis
from exchanges.base import VenueError
from exchanges.instruments import VenueMarket, parse
from exchanges.prices.candle_query import fetch_candles
from realtime.values import format_time

log = structlog.get_logger(__name__)

MOST_ASKED: Final = 20  # markets in a minute; with more, each has its turn every few minutes


def add_volumes(*, now: datetime) -> int:
    """Add the volume to this minute's analyses; return how many have one now.

    A venue that cannot be asked is left alone until the next minute.
    """
    silent, added = set[VenueMarket](), 0
    for analysis in record.list_without_volume(now=now, most=MOST_ASKED):
        market = parse(analysis.instrument).venue_market
        if market in silent:
            continue
        try:
            record.save_volume(analysis, _sum_hour(analysis, now))
        except VenueError as error:
            silent.add(market)
            log.info("volume not read", market=str(market), error=str(error))
        else:
            added += 1
    return added


def _sum_hour(analysis: MarketAnalysis, now: datetime) -> Decimal:
    begin, end = format_time(analysis.at - HOUR), format_time(analysis.at)
    candles = fetch_candles(analysis.instrument, "1m", now=now)
    volumes = [Decimal(candle["volume"]) for candle in candles if begin <= candle["at"] < end]
    return sum(volumes, start=Decimal(0))
