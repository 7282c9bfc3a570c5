"""A venue that answers nobody is left alone for a while, then tried with one request.

Only checks wait for it. Users ask for orders and cancellations, so those are tried at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import redis
import structlog
from django.core.cache import cache

from exchanges.base import KeyInvalid, RateLimitError, UnknownOutcome, VenueDown
from exchanges.instruments import VenueMarket
from exchanges.limits import venue_status_event
from exchanges.models import ExchangeKey, KeyOrMarket

log = structlog.get_logger(__name__)

FAILURES_TO_OPEN: Final = 5  # in a row, of any keys
SHORTEST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(seconds=60)
MEMORY: Final = timedelta(minutes=15)
NO_ANSWER: Final = "It does not answer."


@dataclass
class AnswerTally:
    """The results of one round by market: one answer outweighs any number of failures."""

    answered: set[VenueMarket] = field(default_factory=set)
    failures: dict[VenueMarket, list[str]] = field(default_factory=dict)

    def add_result(self, key: ExchangeKey, error: Exception | None) -> None:
        if isinstance(error, (RateLimitError, KeyInvalid)):
            return  # these have waits of their own
        if isinstance(error, (VenueDown, UnknownOutcome)):
            self.failures.setdefault(key.venue_market, []).append(str(error))
        else:
            self.answered.add(key.venue_market)

    def record(self, *, now: datetime) -> None:
        """Open or close the circuit of each market of this round; not while Redis is away."""
        try:
            for market in self.answered:
                _record_answer(market)
            for market, errors in self.failures.items():
                if market not in self.answered:
                    _record_failures(market, count=len(errors), now=now, error=errors[-1])
        except redis.RedisError as error:
            log.warning("answers of venues not counted, Redis is away", error=str(error))


def filter_admitted(keys: Iterable[ExchangeKey], *, now: datetime) -> list[ExchangeKey]:
    """Drop the keys of markets that are left alone, and all but one where a trial is due."""
    admitted: list[ExchangeKey] = []
    retry_at: dict[VenueMarket, datetime | None] = {}
    tried: set[VenueMarket] = set()
    for key in keys:
        market = key.venue_market
        if market not in retry_at:
            retry_at[market] = get_retry_at(market)
        if retry_at[market] and (market in tried or get_end(market, now=now)):
            continue
        tried.add(market)
        admitted.append(key)
    return admitted


def get_end(target: KeyOrMarket, *, now: datetime) -> datetime | None:
    """Return the end of the wait; None if requests, or one as a trial, may be sent."""
    retry_at = get_retry_at(target)
    return retry_at if retry_at and retry_at > now else None


def get_retry_at(target: KeyOrMarket) -> datetime | None:
    """Return when the next trial is due; it stays in the past until a trial has succeeded."""
    try:
        stored = cache.get(f"{_counter_name(target.venue_market)}:open")
    except redis.RedisError:  # nothing is known of failures: requests go on, each with a time limit
        return None
    return datetime.fromisoformat(stored) if stored else None


def _record_failures(market: VenueMarket, *, count: int, now: datetime, error: str) -> None:
    """Open the circuit after enough failures. The wait doubles with each failed trial."""
    name = _counter_name(market)
    cache.add(name, 0, timeout=MEMORY.total_seconds())
    try:
        failures = cache.incr(name, count)
    except ValueError:  # another process has just received an answer and deleted the counter
        return
    cache.touch(name, MEMORY.total_seconds())
    if failures < FAILURES_TO_OPEN or get_end(market, now=now):
        return
    trials = cache.get(f"{name}:trials", 0)
    retry_at = now + min(LONGEST_WAIT, SHORTEST_WAIT * 2.0 ** min(trials, 10))
    cache.set(f"{name}:trials", trials + 1, timeout=MEMORY.total_seconds())
    cache.set(f"{name}:open", retry_at.isoformat(), timeout=MEMORY.total_seconds())
    write = log.warning if trials else log.error
    write("venue does not answer", market=str(market), retry_at=retry_at.isoformat(), error=error)
    venue_status_event.publish_status(market, state="resting", until=retry_at, message=NO_ANSWER)


def _record_answer(market: VenueMarket) -> None:
    name, was_open = _counter_name(market), get_retry_at(market) is not None
    cache.delete_many([name, f"{name}:trials", f"{name}:open"])
    if was_open:
        log.info("venue answers again", market=str(market))
        venue_status_event.publish_status(market, state="open", until=None, message="")


def _counter_name(market: VenueMarket) -> str:
    return f"breaker:{market}"
