"""Describe which markets may be asked now, and until when the others wait."""

from collections.abc import Iterable
from datetime import datetime

from exchanges import paper, venues
from exchanges.instruments import VenueMarket
from exchanges.limits import bans, circuit_breaker
from exchanges.limits.venue_status_event import venue_data
from exchanges.models import ExchangeKey, KeyOrMarket
from realtime.shapes.notes import VenueData


def describe_market(target: KeyOrMarket, *, now: datetime) -> VenueData:
    """Return whether a market is open, banned ("frozen") or silent ("resting")."""
    market = target.venue_market
    if ban := bans.get_market_ban(market, now=now):
        return venue_data(market, state="frozen", until=ban.until, message=ban.reason)
    if end := circuit_breaker.get_retry_at(market):
        until = end if end > now else None
        return venue_data(market, state="resting", until=until, message=circuit_breaker.NO_ANSWER)
    return venue_data(market, state="open", until=None, message="")


def list_all(*, now: datetime) -> list[VenueData]:
    """Describe each market that a key can be attached to."""
    return [
        describe_market(VenueMarket(name, market, is_paper), now=now)
        for name, venue in venues.list_served().items()
        for market in sorted(venue.markets)
        for is_paper in ((False, True) if paper.is_enabled() else (False,))
    ]


def list_for_keys(keys: Iterable[ExchangeKey], *, now: datetime) -> list[VenueData]:
    """Describe the markets of these keys, each once."""
    markets = dict.fromkeys(key.venue_market for key in keys if key.is_active)
    return [describe_market(market, now=now) for market in markets]


def list_closed(keys: Iterable[ExchangeKey], *, now: datetime) -> list[VenueData]:
    """Describe the markets of these keys that may not be asked now."""
    return [status for status in list_for_keys(keys, now=now) if status["state"] != "open"]
