"""Fetch the last prices of whole markets, within the price share of the weight budget."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import structlog

from exchanges import pool, venues
from exchanges.instruments import VenueMarket
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.limits.failures import note_failure

log = structlog.get_logger(__name__)


def read_prices(
    markets: Iterable[VenueMarket], *, now: datetime
) -> Iterator[tuple[VenueMarket, Mapping[str, str]]]:
    """Yield the last prices by symbol of each market that may be asked and answers."""
    allowed = [market for market in markets if _may_ask(market, now)]
    for market, answer in zip(allowed, pool.fetch_prices(allowed).values(), strict=True):
        if isinstance(answer, Exception):
            _handle_failure(market, answer, now)
        else:
            yield market, answer


def _may_ask(market: VenueMarket, now: datetime) -> bool:
    if bans.get_end(market, now=now) or circuit_breaker.get_end(market, now=now):
        return False
    weight = venues.get_weights(market.venue, market.market).prices
    return weight_budget.try_spend(market, weight, now=now, window=weight_budget.PRICES)


def _handle_failure(market: VenueMarket, error: Exception, now: datetime) -> None:
    log.warning("price query failed", market=str(market), error=str(error))
    note_failure(market, error, now=now)
