"""Value open positions at live prices, so that what they have won or lost is of now."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import structlog
from redis.exceptions import RedisError

from exchanges.holdings import record
from exchanges.instruments import Instrument
from exchanges.models import ExchangeKey, Position
from realtime import prices as realtime_prices

log = structlog.get_logger(__name__)


def update_marks(*, now: datetime) -> int:
    """Value each open position whose price moved, and keep all their prices followed.

    A price that its feed calls stale values nothing: then `mark_at` shows how old the figure is.
    """
    rows = Position.objects.exclude(quantity=0).filter(key__is_active=True).select_related("key")
    instruments = {row: str(Instrument(*row.key.venue_market, row.symbol)) for row in rows}
    names = frozenset(instruments.values())
    try:
        realtime_prices.request_following(names)
    except RedisError as error:
        log.warning("marks not updated, redis unavailable", error=str(error))
        return 0
    quotes = realtime_prices.read_quotes(names, now=now)
    due: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for row, name in instruments.items():
        quote = quotes.get(name)
        if quote and not quote.is_stale and record.is_mark_due(row, quote.price, now=now):
            due[row.key_id][row.symbol] = quote.price
    return sum(_record_marks(key_id, prices, now) for key_id, prices in due.items())


def _record_marks(key_id: int, prices: dict[str, Decimal], now: datetime) -> int:
    try:
        return record.record_marks(key_id, prices, now=now)
    except ExchangeKey.DoesNotExist:  # detached meanwhile
        return 0
