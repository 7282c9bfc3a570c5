"""Prove every key once a day, and one that differed again soon after."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.utils import timezone

from bots.proof.newest import newest_proofs
from bots.proof.prove import prove_key
from exchanges import venues
from exchanges.base import VenueError
from exchanges.limits import bans, circuit_breaker
from exchanges.limits.failures import note_failure
from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=10)
MOST: Final = 20  # keys in one round: proofs must not take what orders need


def prove_due(*, now: datetime) -> int:
    """Prove the keys that are due, and return how many venues answered."""
    proven = 0
    for key in list(_list_due(now))[:MOST]:
        try:
            prove_key(key, now=timezone.now())
        except VenueError as error:
            log.warning("books not proven", key=key.pk, venue=key.venue, error=str(error))
            note_failure(key, error, now=timezone.now())
        else:
            proven += 1
    return proven


def _list_due(now: datetime) -> Iterator[ExchangeKey]:
    newest = newest_proofs()
    for key in ExchangeKey.objects.filter(is_active=True).order_by("pk"):
        proof = newest.get(key.pk)
        if not venues.get_weights(key.venue, key.market).statement:
            continue
        if bans.get_end(key, now=now) or circuit_breaker.get_end(key, now=now):
            continue
        if proof is None or now - proof.at >= (EVERY if proof.is_good else AGAIN):
            yield key
