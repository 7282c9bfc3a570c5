"""Fetch holdings from the venues, within a share of the weight budget: orders come first."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from exchanges import pool, venues
from exchanges.base import Adapter, BalanceReport, PositionReport, RequestRefused
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.limits import bans, circuit_breaker, weight_budget
from exchanges.limits.failures import note_failure
from exchanges.models import ExchangeKey
from exchanges.streams import leases
from exchanges.through_ccxt.rows import PartialList

log = structlog.get_logger(__name__)

Answer = tuple[Sequence[BalanceReport], Sequence[PositionReport], bool | None]
ROUNDS: Final = 6  # of the timetable within HOLDINGS_SECONDS
STREAMED_PATIENCE: Final = 15  # how much longer a streamed key waits when the budget is short


def refresh_key(key_id: int) -> bool:
    """Refresh one key's holdings; return True if the venue answered."""
    keys = ExchangeKey.objects.filter(pk=key_id, is_active=True)
    return _refresh_keys(keys, now=timezone.now()) == 1


def refresh_due(*, now: datetime) -> int:
    """Refresh the keys that would be older than HOLDINGS_SECONDS by the next round.

    Streamed keys too: a socket may be open and mute, and no venue tells of everything that moves
    money. They come last where the budget is not enough for all.
    """
    age = timedelta(seconds=settings.HOLDINGS_SECONDS) * (ROUNDS - 1) / ROUNDS
    is_due = Q(holdings_at=None) | Q(holdings_at__lte=now - age)
    keys = ExchangeKey.objects.filter(is_due, is_active=True).select_related("stream")
    return _refresh_keys(sorted(keys, key=lambda key: _rank_key(key, now)), now=now)


def _rank_key(key: ExchangeKey, now: datetime) -> tuple[bool, timedelta, int]:
    """Return the rank of a key: never asked, then oldest first."""
    age = now - (key.holdings_at or now)
    if leases.is_complete(key, now=now):
        age /= STREAMED_PATIENCE
    return key.holdings_at is not None, -age, key.pk


def _refresh_keys(keys: Iterable[ExchangeKey], *, now: datetime) -> int:
    allowed_keys = [key for key in keys if _may_ask(key, now)]
    taken = 0
    for key, answer in pool.call_many(dict.fromkeys(allowed_keys, _fetch_holdings)):
        if isinstance(answer, Exception):
            _handle_failure(key, answer)
            continue
        balances, positions, hedged = answer
        complete = not any(isinstance(reports, PartialList) for reports in (balances, positions))
        seen = HoldingsReport(at=now, balances=balances, positions=positions, complete=complete)
        taken += _record_report(key, seen, hedged)
    return taken


def _may_ask(key: ExchangeKey, now: datetime) -> bool:
    if bans.get_end(key, now=now) or circuit_breaker.get_end(key, now=now):
        return False
    weight = venues.get_weights(key.venue, key.market).holdings
    return weight_budget.try_spend(key, weight, now=now, window=weight_budget.HOLDINGS)


async def _fetch_holdings(venue: Adapter) -> Answer:
    balances, positions = await venue.fetch_balances(), await venue.fetch_positions()
    try:
        hedged = await venue.fetch_position_mode()
    except RequestRefused as refused:  # no reason to lose what is held
        log.warning("position mode not read", error=str(refused))
        hedged = None
    return balances, positions, hedged


def _record_report(key: ExchangeKey, seen: HoldingsReport, hedged: bool | None) -> bool:
    try:
        if hedged is not None:
            record.record_position_mode(key.pk, hedged=hedged)
        record.record(key.pk, seen, now=timezone.now())
    except ExchangeKey.DoesNotExist:  # detached meanwhile
        return False
    return True


def _handle_failure(key: ExchangeKey, error: Exception) -> None:
    log.warning("holdings query failed", key=key.pk, venue=key.venue, error=str(error))
    note_failure(key, error, now=timezone.now())
