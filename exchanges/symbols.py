"""Read the symbols of all venues, which orders are validated against."""

import structlog
from django.utils import timezone

from exchanges import pool
from exchanges.base import VenueError
from exchanges.models import ExchangeKey, Symbol

log = structlog.get_logger(__name__)

FIELDS = (
    *("base", "quote", "price_step", "quantity_step"),
    *("min_quantity", "min_cost", "most_leverage"),
)


def read_all() -> int:
    """Read each market that somebody has a key at. One that fails keeps its symbols."""
    keys = ExchangeKey.objects.filter(is_active=True).order_by(
        "venue", "market", "is_paper", "-last_checked_at"
    )
    return sum(read_market(key) for key in keys.distinct("venue", "market", "is_paper"))


def read_market(key: ExchangeKey) -> int:
    try:
        rules = pool.call(key, lambda venue: venue.fetch_rules())
    except VenueError as error:
        log.warning("symbol query failed", market=str(key.venue_market), error=str(error))
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
            for rule in rules
        ],
        update_conflicts=True,
        unique_fields=[*market, "name"],
        update_fields=["read_at", *FIELDS],
    )
    Symbol.objects.filter(read_at__lt=now, **market).delete()
    return len(rules)
