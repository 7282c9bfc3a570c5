"""What the tests of feeds share: names, an eye on a socket, and one on the simulated venue."""

from collections.abc import Callable
from typing import Any

from exchanges.instruments import Instrument
from exchanges.simulator.markets.symbols import CONTRACT_SUFFIX
from tests.failures.harness.processes import KillableProcess
from tests.realtime.socket.wire import Frame, Wire
from tests.services import wait_until
from tests.simulator import SimulatorProcess

MARKETS = [(venue, kind) for venue in ("binance", "okx", "bybit") for kind in ("spot", "futures")]
STALE = "1.5"  # seconds
Start = Callable[..., KillableProcess]
Watch = Callable[..., Wire]


def paper_name(venue: str, kind: str, base: str = "BTC") -> str:
    settle = ":USDT" if kind == "futures" else ""
    return str(Instrument(venue, kind, True, f"{base}/USDT{settle}"))


SPOT = paper_name("binance", "spot")


def watch_instruments(wire: Wire, *instruments: str, **more: Any) -> None:
    wire.say("watch", instruments=list(instruments), **({"interval_ms": 100} | more))
    assert wire.next("watching")["data"]["unknown"] == []


def next_frame(wire: Wire, kind: str = "price_update", **wanted: Any) -> Frame:
    """The data of the next frame of this kind that say so."""
    while True:
        data: Frame = wire.next(kind)["data"]
        if wanted.items() <= data.items():
            return data


def list_subscriptions(simulator: SimulatorProcess) -> list[str]:
    """What the venue was asked for on all public sockets."""
    rows = simulator.control.get("sockets")["sockets"]
    return sorted(name for row in rows for name in row["asked"])


def wait_for_subscriptions(simulator: SimulatorProcess, *coins: str) -> None:
    """Until Binance's spot was asked for these, each channel of each once, and for no other."""
    wanted = [f"{coin}usdt@{channel}" for coin in coins for channel in ("bookTicker", "ticker")]
    wait_until(lambda: list_subscriptions(simulator) == wanted, what=f"asked for {wanted}")


def set_price(simulator: SimulatorProcess, kind: str, price: str) -> None:
    ending = CONTRACT_SUFFIX if kind == "futures" else ""
    simulator.control.post("price", symbol="BTCUSDT" + ending, price=price)
