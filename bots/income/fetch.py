"""Read the keys' statements from their venues, within the budget of what can wait.

Each key is read from where it was read before, and an hour more: some lines appear late. After
an outage the cursor is still where the last answer left it, so nothing is missed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from bots.income.record import record_income
from bots.models import IncomeCursor
from exchanges import pool, venues
from exchanges.base import Adapter, StatementRow
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.limits.failures import note_failure
from exchanges.models import ExchangeKey
from exchanges.through_ccxt.rows import PartialList

log = structlog.get_logger(__name__)

OVERLAP: Final = timedelta(hours=1)


def read_due(*, now: datetime) -> int:
    """Read the statements not read for INCOME_SECONDS, those that waited longest first."""
    due = now - timedelta(seconds=settings.INCOME_SECONDS)
    keys = ExchangeKey.objects.filter(is_active=True).filter(
        Q(income_cursor=None) | Q(income_cursor__read_at__lte=due)
    )
    return read_keys(keys.order_by(F("income_cursor__read_at").asc(nulls_first=True), "pk"))


def read_keys(keys: Iterable[ExchangeKey]) -> int:
    """Read the statements of these keys now; return how many venues answered."""
    now, answers = timezone.now(), 0
    calls = {
        key: partial(_fetch_statement, since=_find_start(key)) for key in keys if _may_ask(key, now)
    }
    for key, answer in pool.call_many(calls):
        if isinstance(answer, Exception):
            log.warning("statement query failed", key=key.pk, venue=key.venue, error=str(answer))
            note_failure(key, answer, now=timezone.now())
            continue
        answers += 1
        read_at = None if isinstance(answer, PartialList) else now
        if recorded := record_income(key, answer, read_at=read_at):
            log.info("income recorded", key=key.pk, entries=recorded)
    return answers


async def _fetch_statement(venue: Adapter, since: datetime) -> Sequence[StatementRow]:
    return await venue.fetch_statement(since)


def _find_start(key: ExchangeKey) -> datetime:
    cursor = IncomeCursor.objects.filter(key=key).first()
    return (cursor.read_at if cursor else key.created_at) - OVERLAP


def _may_ask(key: ExchangeKey, now: datetime) -> bool:
    weight = venues.get_weights(key.venue, key.market).statement
    if not weight or bans.get_end(key, now=now) or circuit_breaker.get_end(key, now=now):
        return False
    return weight_budget.try_spend(key, weight, now=now, window=weight_budget.HOLDINGS)
