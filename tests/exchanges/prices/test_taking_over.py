"""Each feed has one follower in the whole installation, and another when that one is gone."""

import time

from realtime import prices, redis
from tests.exchanges.prices.watching import SPOT, Start, Watch, asked, move, paper, until
from tests.services import wait_until
from tests.simulator import SimulatorProcess


def test_a_cut_is_known_at_once(simulator: SimulatorProcess, start: Start, watch: Watch) -> None:
    """However long a price may be silent before it is called old."""
    start(MARKET_STALE_SECONDS="60")
    wire = watch(SPOT)
    until(wire, stale=False)
    simulator.control.post("faults", kind="drop_sockets", seconds=2)
    until(wire, stale=True)
    until(wire, stale=False)


def test_a_process_that_slept_gives_up_what_another_took(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    first = start()
    wire = watch(SPOT)
    until(wire)
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
    move(simulator, "spot", "61000")
    until(wire, stale=False, last="61000")


def test_another_process_takes_over_when_one_dies(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    first = start()
    wire = watch(SPOT)
    until(wire)
    second = start("other feeds")
    wait_until(second.is_alive)
    assert len(simulator.control.get("sockets")["sockets"]) == 1
    first.kill()
    holder = prices.FOLLOWED + "binance.spot.paper"
    wait_until(
        lambda: f":{second.pid}:" in (redis.redis_client().get(holder) or ""),
        what="the other one holds the feed",
    )
    move(simulator, "spot", "61000")
    until(wire, stale=False, last="61000")


def test_the_next_process_knows_what_is_old(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    """It cannot reach the venue, and yet says that what the dead one had said is old."""
    first = start()
    wire = watch(SPOT)
    told = until(wire)
    simulator.control.post("faults", kind="drop_sockets", seconds=60)
    assert until(wire, stale=True)["last"] == told["last"]
    simulator.control.delete("faults")
    until(wire, stale=False)
    first.kill()
    simulator.control.post("faults", kind="drop_sockets", seconds=60)
    start("other feeds")
    assert until(wire, stale=True)["last"] == told["last"]


def test_a_venue_without_a_reader_of_ours_is_asked_within_its_budget(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    """Sixty questions a minute may be asked of it: this share of them leaves orders theirs."""
    simulator.control.delete("counters")
    start(OTHER_VENUES="binanceus", PRICES_SHARE="0.05", MARKET_STALE_SECONDS="30")
    wire = watch(paper("binanceus", "spot"), paper("binanceus", "spot", "ETH"))
    shown = until(wire, instrument=paper("binanceus", "spot"))
    assert (shown["simulated"], shown["stale"]) == (True, False)
    move(simulator, "spot", "61000")
    until(wire, instrument=paper("binanceus", "spot"), last="61000")
    counted = simulator.control.get("state")["endpoints"]
    assert sum(number for name, number in counted.items() if "ticker" in name) <= 3
    assert asked(simulator) == []
