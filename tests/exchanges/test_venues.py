"""Every row of the registry names code that exists: a mistyped path would fail only in a worker."""

import pytest
from django.utils.module_loading import import_string

from exchanges import adapters, venues
from exchanges.instruments import VenueMarket
from exchanges.through_ccxt.client import CcxtAdapter
from exchanges.through_ccxt.price_dialect import Dialect
from exchanges.venue_row import Venue

ROWS = [(venue, market) for venue in venues.VENUES.values() for market in venue.markets]


@pytest.mark.parametrize(("venue", "market"), ROWS)
def test_a_row_names_an_adapter_and_a_dialect(venue: Venue, market: str) -> None:
    connect, adapter = adapters.load_adapter(VenueMarket(venue.name, market, False))
    assert callable(connect)
    assert issubclass(adapter, CcxtAdapter)
    assert isinstance(import_string(venue.markets[market].prices), Dialect)


def test_a_venue_that_is_no_longer_served_has_a_row_without_markets() -> None:
    row = venues.get("kraken")
    assert (row.label, row.markets, row.is_polled) == ("kraken", {}, True)
