"""The event that tells the owners of keys at a market whether it may be asked."""

from datetime import datetime
from typing import Literal

from exchanges import venues
from exchanges.instruments import VenueMarket
from exchanges.models import ExchangeKey
from realtime import publish
from realtime.shapes.notes import VenueData
from realtime.values import format_time_or_none
from users.sharing.rows import list_members

State = Literal["open", "frozen", "resting"]


def publish_status(
    market: VenueMarket, *, state: State, until: datetime | None, message: str
) -> None:
    """Notify everybody who sees an active key at this market. May be lost: pages read it too."""
    data = venue_data(market, state=state, until=until, message=message)
    keys = ExchangeKey.objects.filter(is_active=True, **market._asdict())
    owners = keys.values_list("user", flat=True)
    members = list_members(keys.values_list("pk", flat=True)).values()
    for user_id in sorted({*owners, *(user_id for each in members for user_id in each)}):
        publish.notify_user(user_id=user_id, type="venue_state", data=data, about=str(market))


def venue_data(
    market: VenueMarket, *, state: State, until: datetime | None, message: str
) -> VenueData:
    return VenueData(
        venue=market.venue,
        label=venues.get(market.venue).label,
        market=market.market,
        simulated=market.is_paper,
        state=state,
        until=format_time_or_none(until),
        words=message,
    )
