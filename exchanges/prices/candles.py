"""Find past prices in public candles, within the price share of the weight budget."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.utils import timezone

from exchanges import pool, venues
from exchanges.base import VenueDown, VenueError
from exchanges.instruments import VenueMarket
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.limits.failures import note_failure
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.values import parse_time

MINUTE: Final = timedelta(minutes=1)
MINUTES_BEFORE: Final = 9  # minutes: one in which nothing was traded has no candle at some venues


class Candle(NamedTuple):
    at: datetime
    high: Decimal
    low: Decimal


def find_candle(market: VenueMarket, symbol: str, at: datetime, *, now: datetime) -> Candle | None:
    """Return the candle of that minute, or the newest shortly before, or None.

    Raises VenueError if it cannot be asked now: nobody knows then whether there is one.
    """
    start = at.replace(second=0, microsecond=0)
    rows = query_candles(market, _fetch_rows(symbol, start), now=now)
    candles = [Candle(parse_time(row[0]), Decimal(row[2]), Decimal(row[3])) for row in rows]
    return max((candle for candle in candles if candle.at <= start), default=None)


def query_candles(
    market: VenueMarket, fetch: Callable[[Any], Awaitable[Any]], *, now: datetime
) -> Collection[Any]:
    """Return ccxt's rows of candles, or raise VenueError if the venue cannot be asked now."""
    weight = venues.get_weights(market.venue, market.market).candles
    rows: Collection[Any] = query_public(market, fetch, weight=weight, now=now)
    return rows


def query_public(
    market: VenueMarket, fetch: Callable[[Any], Awaitable[Any]], *, weight: int, now: datetime
) -> Any:
    """Ask for public data within the budget for prices, or raise VenueError."""
    if bans.get_end(market, now=now) or circuit_breaker.get_end(market, now=now):
        raise VenueDown("it is left alone for a while")
    if not weight_budget.try_spend(market, weight, now=now, window=weight_budget.PRICES):
        raise VenueDown("the budget for prices is spent")
    try:
        return pool.call_public(market, fetch)
    except VenueError as error:
        note_failure(market, error, now=now)
        raise


def list_pairs(market: VenueMarket) -> frozenset[tuple[str, str]]:
    """Return the base and quote of every spot symbol; no key is needed."""

    async def listed(client: Any) -> frozenset[tuple[str, str]]:
        markets = client.markets.values()
        return frozenset((row["base"], row["quote"]) for row in markets if row["spot"])

    return pool.call_public(market, listed)


def _fetch_rows(symbol: str, start: datetime) -> Callable[[Any], Awaitable[Any]]:
    first, end = start - MINUTES_BEFORE * MINUTE, start + MINUTE - timedelta(milliseconds=1)
    since, until = (round(moment.timestamp() * 1000) for moment in (first, end))
    arguments = symbol, "1m", since, MINUTES_BEFORE + 1, {"until": until}

    async def ask(client: Any) -> Any:
        adapter = CcxtAdapter(client, clock=timezone.now)
        return await adapter.call_ccxt(lambda: client.fetch_ohlcv(*arguments))

    return ask
