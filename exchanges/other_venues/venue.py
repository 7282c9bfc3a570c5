"""The row of any other venue that ccxt knows: polled, spot only. Loads no ccxt."""

from typing import Final

from exchanges.venue_row import MarketSpec, Venue

SPOT: Final = MarketSpec(
    connect="exchanges.other_venues.adapter.make_client",
    adapter="exchanges.other_venues.adapter.PolledAdapter",
)


def describe_venue(name: str, *, is_served: bool) -> Venue:
    """Return the row of a venue without an adapter of its own; one not served has no markets."""
    return Venue(name=name, label=name, markets={"spot": SPOT} if is_served else {}, is_polled=True)
