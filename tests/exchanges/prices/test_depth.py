"""The best levels of a book: a worker asks the venue, and all who look share the answer."""

from decimal import Decimal

import pytest

from exchanges import pool
from exchanges.prices import depth, depth_query
from exchanges.tasks import read_depth
from tests.exchanges.prices.price_watch import MARKETS, paper_name
from tests.simulator import SimulatorProcess

pytestmark = pytest.mark.usefixtures("empty_redis")


@pytest.mark.parametrize(("venue", "kind"), MARKETS)
def test_the_levels_are_in_coins_and_the_venue_is_asked_once(
    db: None, simulator: SimulatorProcess, venue: str, kind: str
) -> None:
    name = paper_name(venue, kind)
    read_depth(name, "nobody waits")
    levels = depth.read_depth(name)
    asks, bids = ([Decimal(row["price"]) for row in levels[side]] for side in ("asks", "bids"))
    assert (asks, bids) == (sorted(asks), sorted(bids, reverse=True))
    assert bids[0] < asks[0]
    assert len(asks) > 1

    asked = simulator.control.get("state")["endpoints"]
    read_depth(name, "nobody waits")
    assert simulator.control.get("state")["endpoints"] == asked
    pool.close()


def test_a_contract_of_a_tenth_counts_as_a_tenth() -> None:
    rows = [["50000", "30"], ["49999", "0"]]
    levels = depth_query._read_levels(rows, Decimal("0.1"))
    assert levels == [{"price": "50000", "quantity": "3"}]
