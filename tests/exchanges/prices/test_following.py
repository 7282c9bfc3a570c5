"""Prices from the venue to whoever watches: all parts are real, each venue is asked once."""

import pytest

from realtime import prices, redis
from realtime.models import Event
from tests.exchanges.prices.watching import (
    MARKETS,
    SPOT,
    Watch,
    asked,
    look,
    move,
    paper,
    until,
    wait_asked,
)
from tests.realtime.socket.wire import Frame, Wire
from tests.services import wait_until
from tests.simulator import SimulatorProcess

pytestmark = pytest.mark.usefixtures("follower")


def test_from_all_venues_to_the_socket(simulator: SimulatorProcess, watch: Watch) -> None:
    names = {paper(*one): one[1] for one in MARKETS}
    wire = watch(*names, topics=["prices", "books"])
    tops: dict[str, Frame] = {}
    while len(tops) < len(names):
        data = until(wire, "book_update", simulated=True)
        tops[data["instrument"]] = data
    for name, kind in names.items():
        assert float(tops[name]["bid"]) < float(tops[name]["ask"])
        # In coins, also where the venue counts contracts.
        assert 0.1 < float(tops[name]["bid_quantity"]) < 1
        watch_one(wire, simulator, name, kind)
    assert not Event.objects.exists()


def watch_one(wire: Wire, simulator: SimulatorProcess, name: str, kind: str) -> None:
    look(wire, name)
    move(simulator, kind, "61234.50")
    assert until(wire, last="61234.5", stale=False)["at"].endswith("Z")
    move(simulator, kind, "61000")
    until(wire, last="61000")


def test_one_subscription_however_many_watch(simulator: SimulatorProcess, watch: Watch) -> None:
    wires = [watch(SPOT) for _ in range(5)]
    for wire in wires:
        until(wire, instrument=SPOT)
    wait_asked(simulator, "btc")
    ether = paper("binance", "spot", "ETH")
    look(wires[0], SPOT, ether)
    until(wires[0], instrument=ether)
    wait_asked(simulator, "btc", "eth")
    assert len(simulator.control.get("sockets")["sockets"]) == 1


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
def test_what_nobody_watches_any_more_is_not_asked_for(
    simulator: SimulatorProcess, watch: Watch, venue: str
) -> None:
    bitcoin, ether = paper(venue, "spot"), paper(venue, "spot", "ETH")
    wire, other = watch(bitcoin, ether), watch(bitcoin)
    until(wire, instrument=ether)
    wait_until(lambda: len(asked(simulator)) == 4, what="both are asked for, once")
    wire.close()
    forget(ether)
    wait_until(lambda: len(asked(simulator)) == 2, what="the other is asked for no more")
    move(simulator, "spot", "61000")
    until(other, last="61000")
    other.close()
    forget(bitcoin)
    wait_until(lambda: not simulator.control.get("sockets")["sockets"], what="the feed given up")
    lease = f"{prices.FOLLOWED}{venue}.spot.paper"
    wait_until(lambda: not redis.redis_client().exists(lease), what="its lease let go")


def forget(instrument: str) -> None:
    """As when WANTED_SECONDS have gone by since the last who watched it said so."""
    redis.redis_client().zadd(prices.WANTED, {instrument: 1})


def test_what_no_venue_lists_stays_silent_and_harms_nobody(
    simulator: SimulatorProcess, watch: Watch
) -> None:
    wire = watch(paper("binance", "spot", "GONE"), SPOT)
    until(wire, instrument=SPOT)
    wait_asked(simulator, "btc")


def test_stale_when_the_venue_falls_silent_and_fresh_when_it_speaks(
    simulator: SimulatorProcess, watch: Watch
) -> None:
    wire = watch(SPOT)
    before = until(wire, stale=False)
    simulator.control.post("faults", kind="mute_sockets")
    old = until(wire, stale=True)
    assert old["last"] == before["last"]
    late = watch(SPOT)  # who comes now hears the same
    assert until(late)["stale"] is True
    simulator.control.delete("faults")
    assert until(wire, stale=False)["last"] == before["last"]


def test_what_the_venue_refuses_does_not_cost_the_others_their_prices(
    simulator: SimulatorProcess, watch: Watch
) -> None:
    bitcoin, ether = paper("okx", "spot"), paper("okx", "spot", "ETH")
    wire = watch(bitcoin, ether)
    until(wire, instrument=ether, stale=False)
    words = "Wrong URL or channel:tickers,instId:ETH-USDT doesn't exist."
    simulator.control.post("faults", kind="error_frame", code=60018, message=words)
    until(wire, instrument=bitcoin, stale=True)
    move(simulator, "spot", "61000")
    until(wire, instrument=bitcoin, stale=False, last="61000")
    left = ["bbo-tbt:BTC-USDT", "tickers:BTC-USDT"]
    wait_until(lambda: asked(simulator) == left, what="only the other one is asked for")


@pytest.mark.parametrize("fault", ["drop_sockets", "half_open_sockets"])
@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
def test_stale_when_the_connection_breaks_and_fresh_on_the_next(
    simulator: SimulatorProcess, watch: Watch, venue: str, fault: str
) -> None:
    wire = watch(paper(venue, "spot"))
    until(wire, stale=False)
    simulator.control.post("faults", kind=fault, seconds=2)
    until(wire, stale=True)
    move(simulator, "spot", "61000")
    until(wire, stale=False, last="61000")
