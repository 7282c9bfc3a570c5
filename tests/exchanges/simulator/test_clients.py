"""Popular clients, unmodified: nearly all their calls of trading and market data are answered.

Python's ccxt is always here. Those of npm are once `python -m bench clients` has fetched them.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from bench.at_venues.clients import compute_share, list_ready_rows, make_calls
from bench.support.simulated_venue import SimulatedVenue

ENOUGH = 0.95


@pytest.fixture(scope="module")
def venue() -> Iterator[SimulatedVenue]:
    with SimulatedVenue() as simulated:
        yield simulated


@pytest.mark.parametrize("row", list_ready_rows())
def test_nearly_all_calls_are_answered(venue: SimulatedVenue, row: str) -> None:
    calls = make_calls(venue, row)
    left = [call for call in calls if call["result"] != "answered"]
    assert compute_share(Counter(call["result"] for call in calls)) >= ENOUGH, left
    assert not [call for call in left if call["result"] == "broken"]
