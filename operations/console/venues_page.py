"""The console's page of venues: bans, the budget of requests, clocks, and what keys wait for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import redis
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from exchanges.instruments import VenueMarket
from exchanges.limits import bans, venue_status, weight_budget
from exchanges.models import ExchangeKey
from operations.console.access import operator_page, render_section
from operations.console.sections import SEE_HEALTH
from operations.health import stored
from operations.health.stored import StoredResult
from realtime.shapes.notes import VenueData

WORST_FIRST: Final = {"frozen": 0, "resting": 1, "open": 2}
MOST_KEYS: Final = 200


@dataclass(frozen=True, slots=True)
class VenueRow:
    """A market of a venue; None where nothing was measured."""

    name: str
    status: VenueData
    keys: int
    used_share: float | None
    clock_offset_ms: float | None
    response_ms: float | None

    @property
    def used_percent(self) -> int | None:
        return None if self.used_share is None else round(self.used_share * 100)


@dataclass(frozen=True, slots=True)
class KeyWait:
    """A key that its venue told to wait, where the venue counts requests by key."""

    key: ExchangeKey
    until: datetime


@operator_page(SEE_HEALTH)
def show_venues(request: HttpRequest) -> HttpResponse:
    """Show every market that a key can be attached to, those with trouble first."""
    now = timezone.now()
    keys = list(ExchangeKey.objects.filter(is_active=True).select_related("user"))
    context: dict[str, Any] = {
        "venues": list_venues(keys, now=now),
        "waits": _list_waits(keys, now),
    }
    return render_section(request, "operations-venues", "venues", context)


def list_venues(keys: Sequence[ExchangeKey], *, now: datetime) -> list[VenueRow]:
    """List all markets: those that are closed first, then those with keys."""
    counts = Counter(key.venue_market for key in keys)
    measured = _read_measured()
    rows = [_build_row(status, counts, measured, now) for status in venue_status.list_all(now=now)]
    return sorted(rows, key=lambda row: (WORST_FIRST[row.status["state"]], row.keys == 0, row.name))


def _build_row(
    status: VenueData,
    counts: Counter[VenueMarket],
    measured: dict[str, StoredResult],
    now: datetime,
) -> VenueRow:
    market = VenueMarket(status["venue"], status["market"], status["simulated"])
    known = measured.get(f"venue-{market}")
    offset = known.details.get("clock_offset_ms") if known else None
    return VenueRow(
        name=str(market),
        status=status,
        keys=counts[market],
        used_share=_read_share(market, now) if counts[market] else None,
        clock_offset_ms=offset,
        response_ms=known.response_ms if known else None,
    )


def _read_share(market: VenueMarket, now: datetime) -> float | None:
    try:
        return weight_budget.read_used_share(market, now=now)
    except redis.RedisError:
        return None


def _read_measured() -> dict[str, StoredResult]:
    try:
        check = stored.read_from_redis()
    except redis.RedisError:
        return {}
    return check.services if check else {}


def _list_waits(keys: Sequence[ExchangeKey], now: datetime) -> list[KeyWait]:
    """List keys that wait on their own; a ban of the whole market stands in its row."""
    closed = {
        market
        for market in {key.venue_market for key in keys}
        if bans.get_market_ban(market, now=now)
    }
    waits = [
        KeyWait(key, until)
        for key in keys
        if key.venue_market not in closed and (until := bans.get_end(key, now=now))
    ]
    return sorted(waits, key=lambda wait: wait.until, reverse=True)[:MOST_KEYS]
