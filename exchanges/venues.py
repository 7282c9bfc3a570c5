"""The registry of venues. To add one: copy a venue's folder, and add its row to VENUES."""

from typing import Final

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy

from exchanges.binance.venue import VENUE as BINANCE
from exchanges.bybit.venue import VENUE as BYBIT
from exchanges.okx.venue import VENUE as OKX
from exchanges.other_venues.venue import describe_venue
from exchanges.venue_row import POLLED_WEIGHTS, Venue, Weights

VENUES: Final = {venue.name: venue for venue in (BINANCE, OKX, BYBIT)}


class MarketKind(TextChoices):
    SPOT = "spot", gettext_lazy("Spot")
    FUTURES = "futures", gettext_lazy("Futures")


def list_served() -> dict[str, Venue]:
    """Return the venues with adapters of their own, and those that this installation polls."""
    polled = {name: describe_venue(name, is_served=True) for name in settings.OTHER_VENUES}
    return VENUES | {name: venue for name, venue in polled.items() if name not in VENUES}


def get(name: str) -> Venue:
    """Return a venue's row, also of one no longer served: keys outlive the setting OTHER_VENUES."""
    return list_served().get(name) or describe_venue(name, is_served=False)


def get_weights(name: str, market: str) -> Weights:
    row = get(name).markets.get(market)
    return row.weights if row else POLLED_WEIGHTS


def choices() -> list[tuple[str, str]]:
    return [(name, venue.label) for name, venue in list_served().items()]
