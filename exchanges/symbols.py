"""Read the symbols of all venues, which orders are validated against."""

from datetime import datetime
from operator import attrgetter

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone

from exchanges import pool
from exchanges.base import VenueError
from exchanges.limits import bans, circuit_breaker
from exchanges.models import ExchangeKey, Symbol
from exchanges.through_ccxt.rows import PartialList

log = structlog.get_logger(__name__)

FIELDS = (
    *("base", "quote", "price_step", "quantity_step"),
    *("min_quantity", "min_cost", "most_leverage", "venue_name", "contract_size", "quote_step"),
)


def read_all() -> int:
    """Read each market that somebody has a key at. One that fails keeps its symbols."""
    return sum(read_market(key) for key in _one_key_per_market())


def read_new(*, now: datetime) -> int:
    """Read each market that has a key and no symbols yet, unless its venue told us to wait."""
    return sum(read_if_new(key, now=now) for key in _one_key_per_market())


def read_if_new(key: ExchangeKey, *, now: datetime) -> int:
    """Read the symbols of the key's market if it is the first key there."""
    if Symbol.objects.filter(**key.venue_market._asdict()).exists():
        return 0
    if bans.get_end(key, now=now) or circuit_breaker.get_end(key, now=now):
        return 0
    return read_market(key)


def read_market(key: ExchangeKey) -> int:
    try:
        rules = pool.call(key, lambda venue: venue.fetch_rules())
    except VenueError as error:
        log.warning("symbol query failed", market=str(key.venue_market), error=str(error))
        return 0
    if not rules:  # a venue in trouble: without symbols every bot there would end
        log.warning("venue lists no symbols", market=str(key.venue_market))
        return 0
    now, market = timezone.now(), key.venue_market._asdict()
    Symbol.objects.bulk_create(
        [
            Symbol(
                name=rule.symbol,
                read_at=now,
                **market,
                **{name: getattr(rule, name) for name in FIELDS},
            )
            for rule in sorted(rules, key=attrgetter("symbol"))  # two readers lock in one order
        ],
        update_conflicts=True,
        unique_fields=[*market, "name"],
        update_fields=["read_at", "delisted_at", *FIELDS],
    )
    names = [rule.symbol for rule in rules]  # not by time: another reader may write it meanwhile
    if not isinstance(rules, PartialList):
        Symbol.objects.filter(**market).exclude(name__in=names).update(delisted_at=now)
    return len(rules)


def _one_key_per_market() -> QuerySet[ExchangeKey]:
    """Return the key of each market that was tested last."""
    keys = ExchangeKey.objects.filter(is_active=True).order_by(
        "venue", "market", "is_paper", F("last_checked_at").desc(nulls_last=True)
    )
    return keys.distinct("venue", "market", "is_paper")
