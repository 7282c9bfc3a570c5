"""Prices from the venue to whoever watches: all parts are real, each venue is asked once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from config import processes
from exchanges.instruments import Instrument
from exchanges.models import Symbol
from exchanges.simulator.contracts import ENDING
from realtime import connection, market
from realtime.models import Event
from tests.failures.mortal import Mortal
from tests.realtime.wire import Frame, Wire
from tests.services import process_environment, wait_until
from tests.simulator import SimulatorProcess

MARKETS = [(venue, kind) for venue in ("binance", "okx", "bybit") for kind in ("spot", "futures")]
STALE = "1.5"  # seconds
Start = Callable[..., Mortal]
Watch = Callable[..., Wire]


def paper(venue: str, kind: str, base: str = "BTC") -> str:
    settle = ":USDT" if kind == "futures" else ""
    return str(Instrument(venue, kind, True, f"{base}/USDT{settle}"))


SPOT = paper("binance", "spot")


@pytest.fixture(autouse=True)
def _known(transactional_db: None) -> None:
    steps = dict.fromkeys(("price_step", "quantity_step", "min_quantity", "min_cost"), 1)
    for venue, kind in [*MARKETS, ("binanceus", "spot")]:
        for base in ("BTC", "ETH", "GONE"):  # the last one only we believe to be traded
            Symbol.objects.create(
                venue=venue,
                market=kind,
                is_paper=True,
                name=paper(venue, kind, base).partition(":")[2],
                base=base,
                quote="USDT",
                read_at=timezone.now(),
                **steps,
            )


@pytest.fixture
def start(transactional_db: None) -> Iterator[Start]:
    """Start a real stream process: start(), or start("another")."""
    with ExitStack() as stack:

        def begin(name: str = "feeds", **settings: str) -> Mortal:
            environment = process_environment() | {"MARKET_STALE_SECONDS": STALE} | settings
            mortal = Mortal(replace(processes.stream(environment=environment), name=name))
            stack.callback(mortal.end)
            mortal.start()
            return mortal

        yield begin


@pytest.fixture
def watch(web: str) -> Iterator[Watch]:
    """A socket of nobody in particular that watches these: watch(SPOT, interval_ms=100)."""
    with ExitStack() as stack:

        def connect(*instruments: str, **more: Any) -> Wire:
            wire = Wire(web.replace("http", "ws") + "/ws/market/")
            stack.callback(wire.close)
            look(wire, *instruments, **more)
            return wire

        yield connect


def look(wire: Wire, *instruments: str, **more: Any) -> None:
    wire.say("watch", instruments=list(instruments), **({"interval_ms": 100} | more))
    assert wire.next("watching")["data"]["unknown"] == []


def until(wire: Wire, kind: str = "price_update", **wanted: Any) -> Frame:
    """The data of the next frame of this kind that say so."""
    while True:
        data: Frame = wire.next(kind)["data"]
        if wanted.items() <= data.items():
            return data


def asked(simulator: SimulatorProcess) -> list[str]:
    """What the venue was asked for on all public sockets."""
    rows = simulator.control.get("sockets")["sockets"]
    return sorted(name for row in rows for name in row["asked"])


def wait_asked(simulator: SimulatorProcess, *coins: str) -> None:
    """Until Binance's spot was asked for these, each channel of each once, and for no other."""
    wanted = [f"{coin}usdt@{channel}" for coin in coins for channel in ("bookTicker", "ticker")]
    wait_until(lambda: asked(simulator) == wanted, what=f"asked for {wanted}")


def move(simulator: SimulatorProcess, kind: str, price: str) -> None:
    ending = ENDING if kind == "futures" else ""
    simulator.control.post("price", symbol="BTCUSDT" + ending, price=price)


def test_from_all_venues_to_the_socket(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    names = {paper(*one): one[1] for one in MARKETS}
    start()
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


def test_one_subscription_however_many_watch(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    start()
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
    simulator: SimulatorProcess, start: Start, watch: Watch, venue: str
) -> None:
    start()
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
    lease = f"{market.FOLLOWED}{venue}.spot.paper"
    wait_until(lambda: not connection.redis_client().exists(lease), what="its lease let go")


def forget(instrument: str) -> None:
    """As when WANTED_SECONDS have gone by since the last who watched it said so."""
    connection.redis_client().zadd(market.WANTED, {instrument: 1})


def test_what_no_venue_lists_stays_silent_and_harms_nobody(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    start()
    wire = watch(paper("binance", "spot", "GONE"), SPOT)
    until(wire, instrument=SPOT)
    wait_asked(simulator, "btc")


def test_stale_when_the_venue_falls_silent_and_fresh_when_it_speaks(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    start()
    wire = watch(SPOT)
    before = until(wire, stale=False)
    simulator.control.post("faults", kind="mute_sockets")
    old = until(wire, stale=True)
    assert (old["last"], old["at"]) == (before["last"], before["at"])
    late = watch(SPOT)  # who comes now hears the same
    assert until(late)["stale"] is True
    simulator.control.delete("faults")
    assert until(wire, stale=False)["last"] == before["last"]


@pytest.mark.parametrize(
    ("fault", "patience"), [("drop_sockets", "60"), ("half_open_sockets", STALE)]
)
@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
def test_stale_when_the_connection_breaks_and_fresh_on_the_next(
    simulator: SimulatorProcess, start: Start, watch: Watch, venue: str, fault: str, patience: str
) -> None:
    """A cut is known at once; a connection that only stays open is given up."""
    start(MARKET_STALE_SECONDS=patience)
    wire = watch(paper(venue, "spot"))
    until(wire, stale=False)
    simulator.control.post("faults", kind=fault, seconds=2)
    until(wire, stale=True)
    move(simulator, "spot", "61000")
    until(wire, stale=False, last="61000")


def test_what_the_venue_refuses_does_not_cost_the_others_their_prices(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    start()
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


def test_a_process_that_slept_gives_up_what_another_took(
    simulator: SimulatorProcess, start: Start, watch: Watch
) -> None:
    first = start()
    wire = watch(SPOT)
    until(wire)
    first.freeze()
    second = start("other feeds")
    holder = market.FOLLOWED + "binance.spot.paper"
    wait_until(
        lambda: f":{second.pid}:" in (connection.redis_client().get(holder) or ""),
        what="the other one holds the feed",
    )
    wait_until(lambda: len(simulator.control.get("sockets")["sockets"]) == 2, what="two for once")
    first.thaw()
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
    holder = market.FOLLOWED + "binance.spot.paper"
    wait_until(
        lambda: f":{second.pid}:" in (connection.redis_client().get(holder) or ""),
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
