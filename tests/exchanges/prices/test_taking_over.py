"""Each feed has one follower in the whole installation, and another when that one is gone."""

import time

from realtime import prices, redis
from tests.exchanges.prices.price_watch import (
    SPOT,
    Start,
    Watch,
    list_subscriptions,
    next_frame,
    paper_name,
    set_price,
)
from tests.services import wait_until
from tests.simulator import SimulatorProcess


def test_a_cut_is_known_at_once(simulator: SimulatorProcess, start: Start, watch: Watch) -> None:
    """However long a price may be silent before it is called old."""
    start(MARKET_STALE_SECONDS="60")
    wire = watch(SPOT)
    next_frame(wire, stale=False)
    simulator.control.post("faults", kind="drop_sockets", seconds=2)
    next_frame(wire, stale=True)
    next_frame(wire, stale=False)


def test_a_process_that_slept_gives_up_what_another_took(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    first = start()
    wire = watch(SPOT)
    next_frame(wire)
    first.freeze()
    second = start("other feeds")
    holder = prices.FOLLOWED + "binance.spot.paper"
    wait_until(
        lambda: f":{second.pid}:" in (redis.redis_client().get(holder) or ""),
        what="the other one holds the feed",
    )
    wait_until(lambda: len(simulator.control.get("sockets")["sockets"]) == 2, what="two for once")
    first.thaw()
    end, holders = time.monotonic() + 3, set[str]()  # long enough for it to come back

    def came_back() -> bool:
        holders.add(redis.redis_client().get(holder) or "")
        return time.monotonic() > end

    wait_until(came_back, what="the time for it")
    assert [f":{second.pid}:" in name for name in holders] == [True]
    wait_until(lambda: len(simulator.control.get("sockets")["sockets"]) == 1, what="one again")
    set_price(simulator, "spot", "61000")
    next_frame(wire, stale=False, last="61000")


def test_another_process_takes_over_when_one_dies(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    first = start()
    wire = watch(SPOT)
    next_frame(wire)
    second = start("other feeds")
    wait_until(second.is_alive)
    assert len(simulator.control.get("sockets")["sockets"]) == 1
    first.kill()
    holder = prices.FOLLOWED + "binance.spot.paper"
    wait_until(
        lambda: f":{second.pid}:" in (redis.redis_client().get(holder) or ""),
        what="the other one holds the feed",
    )
    set_price(simulator, "spot", "61000")
    next_frame(wire, stale=False, last="61000")


def test_the_next_process_knows_what_is_old(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    """It cannot reach the venue, and yet says that what the dead one had said is old."""
    first = start()
    wire = watch(SPOT)
    told = next_frame(wire)
    simulator.control.post("faults", kind="drop_sockets", seconds=60)
    assert next_frame(wire, stale=True)["last"] == told["last"]
    simulator.control.delete("faults")
    next_frame(wire, stale=False)
    first.kill()
    simulator.control.post("faults", kind="drop_sockets", seconds=60)
    start("other feeds")
    assert next_frame(wire, stale=True)["last"] == told["last"]


def test_a_venue_without_a_reader_of_ours_is_asked_within_its_budget(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    """Sixty questions a minute may be asked of it: this share of them leaves orders theirs."""
    simulator.control.delete("counters")
    start(OTHER_VENUES="binanceus", PRICES_SHARE="0.05", MARKET_STALE_SECONDS="30")
    wire = watch(paper_name("binanceus", "spot"), paper_name("binanceus", "spot", "ETH"))
    shown = next_frame(wire, instrument=paper_name("binanceus", "spot"))
    assert (shown["simulated"], shown["stale"]) == (True, False)
    set_price(simulator, "spot", "61000")
    next_frame(wire, instrument=paper_name("binanceus", "spot"), last="61000")
    counted = simulator.control.get("state")["endpoints"]
    assert sum(number for name, number in counted.items() if "ticker" in name) <= 3
    assert list_subscriptions(simulator) == []
