"""Tells everybody who trades at a venue whether it may be asked; a tab that is open shows it."""

from datetime import datetime
from typing import Literal

from exchanges.models import ExchangeKey
from realtime import publish
from realtime.shapes import VenueData
from realtime.values import format_time


def venue(
    key: ExchangeKey,
    *,
    state: Literal["open", "frozen", "resting"],
    until: datetime | None,
    words: str,
) -> None:
    """To the owners of all keys at this key's venue and market. May be lost: pages also ask."""
    data = venue_data(key, state=state, until=until, words=words)
    there = ExchangeKey.objects.filter(
        venue=key.venue, market=key.market, is_paper=key.is_paper, is_active=True
    )
    about = f"{key.venue} {key.market} {key.is_paper}"
    for user_id in there.order_by("user").values_list("user", flat=True).distinct():
        publish.tell(user_id=user_id, type="venue_state", data=data, about=about)


def venue_data(
    key: ExchangeKey,
    *,
    state: Literal["open", "frozen", "resting"],
    until: datetime | None,
    words: str,
) -> VenueData:
    return VenueData(
        venue=key.venue,
        label=key.venue_label,
        market=key.market,
        simulated=key.is_paper,
        state=state,
        until=format_time(until) if until else None,
        words=words,
    )
