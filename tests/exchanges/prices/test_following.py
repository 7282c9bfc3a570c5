"""Prices from the venue to whoever watches: all parts are real, each venue is asked once."""

import pytest

from realtime import prices, redis
from realtime.models import Event
from tests.exchanges.prices.price_watch import (
    MARKETS,
    SPOT,
    Watch,
    list_subscriptions,
    next_frame,
    paper_name,
    set_price,
    wait_for_subscriptions,
    watch_instruments,
)
from tests.realtime.socket.wire import Frame, Wire
from tests.services import wait_until
from tests.simulator import SimulatorProcess

pytestmark = pytest.mark.usefixtures("follower")


def test_from_all_venues_to_the_socket(simulator: SimulatorProcess, watch: Watch) -> None:
    names = {paper_name(*one): one[1] for one in MARKETS}
    wire = watch(*names, topics=["prices", "books"])
    tops: dict[str, Frame] = {}
    while len(tops) < len(names):
        data = next_frame(wire, "book_update", simulated=True)
        tops[data["instrument"]] = data
    for name, kind in names.items():
        assert float(tops[name]["bid"]) < float(tops[name]["ask"])
        # In coins, also where the venue counts contracts.
        assert 0.1 < float(tops[name]["bid_quantity"]) < 1
        watch_one(wire, simulator, name, kind)
    assert not Event.objects.exists()


def watch_one(wire: Wire, simulator: SimulatorProcess, name: str, kind: str) -> None:
    watch_instruments(wire, name)
    set_price(simulator, kind, "61234.50")
    assert next_frame(wire, last="61234.5", stale=False)["at"].endswith("Z")
    set_price(simulator, kind, "61000")
    next_frame(wire, last="61000")


def test_one_subscription_however_many_watch(simulator: SimulatorProcess, watch: Watch) -> None:
    wires = [watch(SPOT) for _ in range(5)]
    for wire in wires:
        next_frame(wire, instrument=SPOT)
    wait_for_subscriptions(simulator, "btc")
    ether = paper_name("binance", "spot", "ETH")
    watch_instruments(wires[0], SPOT, ether)
    next_frame(wires[0], instrument=ether)
    wait_for_subscriptions(simulator, "btc", "eth")
    assert len(simulator.control.get("sockets")["sockets"]) == 1


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
def test_what_nobody_watches_any_more_is_not_asked_for(
    simulator: SimulatorProcess, watch: Watch, venue: str
) -> None:
    bitcoin, ether = paper_name(venue, "spot"), paper_name(venue, "spot", "ETH")
    wire, other = watch(bitcoin, ether), watch(bitcoin)
    next_frame(wire, instrument=ether)
    wait_until(lambda: len(list_subscriptions(simulator)) == 4, what="both are asked for, once")
    wire.close()
    forget(ether)
    wait_until(
        lambda: len(list_subscriptions(simulator)) == 2, what="the other is asked for no more"
    )
    set_price(simulator, "spot", "61000")
    next_frame(other, last="61000")
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
    wire = watch(paper_name("binance", "spot", "GONE"), SPOT)
    next_frame(wire, instrument=SPOT)
    wait_for_subscriptions(simulator, "btc")


def test_stale_when_the_venue_falls_silent_and_fresh_when_it_speaks(
    simulator: SimulatorProcess, watch: Watch
) -> None:
    wire = watch(SPOT)
    before = next_frame(wire, stale=False)
    simulator.control.post("faults", kind="mute_sockets")
    old = next_frame(wire, stale=True)
    assert old["last"] == before["last"]
    late = watch(SPOT)  # who comes now hears the same
    assert next_frame(late)["stale"] is True
    simulator.control.delete("faults")
    assert next_frame(wire, stale=False)["last"] == before["last"]


def test_what_the_venue_refuses_does_not_cost_the_others_their_prices(
    simulator: SimulatorProcess, watch: Watch
) -> None:
    bitcoin, ether = paper_name("okx", "spot"), paper_name("okx", "spot", "ETH")
    wire = watch(bitcoin, ether)
    next_frame(wire, instrument=ether, stale=False)
    words = "Wrong URL or channel:tickers,instId:ETH-USDT doesn't exist."
    simulator.control.post("faults", kind="error_frame", code=60018, message=words)
    next_frame(wire, instrument=bitcoin, stale=True)
    set_price(simulator, "spot", "61000")
    next_frame(wire, instrument=bitcoin, stale=False, last="61000")
    left = ["bbo-tbt:BTC-USDT", "tickers:BTC-USDT"]
    wait_until(
        lambda: list_subscriptions(simulator) == left, what="only the other one is asked for"
    )


@pytest.mark.parametrize("fault", ["drop_sockets", "half_open_sockets"])
@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
def test_stale_when_the_connection_breaks_and_fresh_on_the_next(
    simulator: SimulatorProcess, watch: Watch, venue: str, fault: str
) -> None:
    wire = watch(paper_name(venue, "spot"))
    next_frame(wire, stale=False)
    simulator.control.post("faults", kind=fault, seconds=2)
    next_frame(wire, stale=True)
    set_price(simulator, "spot", "61000")
    next_frame(wire, stale=False, last="61000")
