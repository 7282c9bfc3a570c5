"""Which venues may be asked now, and which are left alone until when; for pages, API, operators."""

from collections.abc import Iterable
from datetime import datetime

from exchanges import venues
from exchanges.keys import actions
from exchanges.limits import bans, circuit_breaker
from exchanges.limits.venue_status_event import venue_data
from exchanges.models import ExchangeKey
from realtime.shapes import VenueData

RESTS = "It does not answer."


def of(key: ExchangeKey, *, now: datetime) -> VenueData:
    """How the key's venue and market stand."""
    if freeze := bans.of_venue(key, now=now):
        return venue_data(key, state="frozen", until=freeze.until, words=freeze.words)
    if end := circuit_breaker.rests(key):
        return venue_data(key, state="resting", until=end if end > now else None, words=RESTS)
    return venue_data(key, state="open", until=None, words="")


def everywhere(*, now: datetime) -> list[VenueData]:
    """Each venue and market that a key can be attached to."""
    kinds = (False, True) if actions.paper_trading() else (False,)
    return [
        of(ExchangeKey(venue=name, market=market, is_paper=is_paper), now=now)
        for name, venue in venues.list_served().items()
        for market in sorted(venue.markets)
        for is_paper in kinds
    ]


def at(of_keys: Iterable[ExchangeKey], *, now: datetime) -> list[VenueData]:
    """How the venues of these keys stand, each said once."""
    one_each = {(key.venue, key.market, key.is_paper): key for key in of_keys if key.is_active}
    return [of(key, now=now) for key in one_each.values()]


def not_open(of_keys: Iterable[ExchangeKey], *, now: datetime) -> list[VenueData]:
    """What the owner of these keys should know now."""
    return [state for state in at(of_keys, now=now) if state["state"] != "open"]
