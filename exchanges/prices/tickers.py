"""What everything trades at: whole markets, one question each, within the share of prices."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import structlog

from exchanges import pool, venues
from exchanges.base import Throttled
from exchanges.instruments import Feed
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)


def read(feeds: Iterable[Feed], *, now: datetime) -> Iterator[tuple[Feed, Mapping[str, str]]]:
    """The last prices by symbol; of a venue that cannot be asked now, nothing."""
    wanted = [feed for feed in feeds if _may_ask(feed, now)]
    for feed, answer in zip(wanted, pool.prices(wanted).values(), strict=True):
        if isinstance(answer, Exception):
            _note(feed, answer, now)
        else:
            yield feed, answer


def _may_ask(feed: Feed, now: datetime) -> bool:
    nobody = _nobody(feed)
    if bans.until(nobody, now=now) or circuit_breaker.until(nobody, now=now):
        return False
    weight = venues.get_weights(feed.venue, feed.market).prices
    return weight_budget.take_for_prices(nobody, weight, now=now)


def _note(feed: Feed, error: Exception, now: datetime) -> None:
    log.warning("prices not read", feed=str(feed), error=str(error))
    if isinstance(error, Throttled) and error.everyone:
        bans.note(_nobody(feed), error, now=now)


def _nobody(feed: Feed) -> ExchangeKey:
    """No key: prices are everybody's."""
    return ExchangeKey(venue=feed.venue, market=feed.market, is_paper=feed.is_paper)
