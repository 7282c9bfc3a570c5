"""Figures of what trades: orders, the streams of keys, venues."""

from collections.abc import Iterator
from datetime import datetime

import redis
import structlog
from django.db import Error as DatabaseError
from django.db.models import Count, Min
from prometheus_client.core import Metric

from exchanges.limits import venue_status
from exchanges.streams import status as streams_status
from operations.health.metrics.families import make_gauge
from orders.models import IS_OPEN, Order

log = structlog.get_logger(__name__)


def collect_trading(now: datetime) -> Iterator[Metric]:
    """Yield figures of orders, streams and venues; left out while database or Redis is away."""
    try:
        yield from (_count_orders(), _measure_oldest_check(now), _count_streams())
        yield _list_venues(now)
    except (DatabaseError, redis.RedisError) as error:
        log.warning("trading metrics not readable", error=str(error))


def _count_orders() -> Metric:
    rows = Order.objects.filter(IS_OPEN).order_by().values_list("status").annotate(Count("pk"))
    named = [((status,), number) for status, number in rows]
    return make_gauge("open_orders", "Orders that have not ended.", named, "status")


def _measure_oldest_check(now: datetime) -> Metric:
    asked = Order.objects.filter(IS_OPEN, key__is_active=True, checked_at__isnull=False)
    oldest = asked.aggregate(oldest=Min("checked_at"))["oldest"]
    rows = [((), (now - oldest).total_seconds())] if oldest else []
    return make_gauge("oldest_check_seconds", "Since the longest unchecked order.", rows)


def _count_streams() -> Metric:
    rows = [((state,), number) for state, number in streams_status.count_states().items()]
    return make_gauge("key_streams", "Streams of keys at their venues.", rows, "state")


def _list_venues(now: datetime) -> Metric:
    rows = [
        (
            (summary["venue"], summary["market"], "yes" if summary["simulated"] else "no"),
            summary["state"] == "open",
        )
        for summary in venue_status.list_all(now=now)
    ]
    text = "1: the venue may be asked; 0: it told us to wait, or does not answer."
    return make_gauge("venue_open", text, rows, "venue", "market", "simulated")
