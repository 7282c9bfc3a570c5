"""A burst of 500 fills a second, on one order and on 20 orders together: does the stream keep up?

The whole installation runs as shipped. Each frame at the client is compared with the venue's own
time of the fill, and the orders' history tells whether the stream or the check reported the fill.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import cycle, islice, pairwise
from typing import Any, Final

from bench import Result, format_ms, name_ms
from bench.support.tabs import TimedTab, open_tabs
from bench.support.whole_installation import WholeInstallation, run_installation, wait_for

RATE: Final = 500  # fills a second
SECONDS, QUICK_SECONDS = 10, 3
PULSES: Final = 10  # a second; the venue reports the fills of one pulse as fast as it can
ORDERS_A_PULSE: Final = (
    2  # each order filled is a commit of the venue's own, which must not be slow
)
PART: Final = Decimal("0.00001")
PATIENCE: Final = 60.0
NUMBERS: Final = {"one order": 1, "20 orders": 20}


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst: seconds from each fill to its frame, and how the fills became known."""

    delays: Sequence[float]
    sources: Counter[str]
    fills: int
    doubled: int
    disordered: int
    rate: float
    drain: float


def run(*, quick: bool) -> Result:
    seconds = QUICK_SECONDS if quick else SECONDS
    with run_installation() as ours, open_tabs(ours, ["alice"]) as (tab,):
        ours.control("POST", "walk", paused=True)
        _wait_for_stream(ours)
        bursts = {name: _run_burst(ours, tab, n, seconds) for name, n in NUMBERS.items()}
    load = os.getloadavg()[0]
    return Result(
        title=f"Fill at the venue to its frame at the client (ms), {RATE} fills a second for "
        f"{seconds} s; load average {load:.1f}",
        columns=(
            *("burst", "made a second", "p50", "p99", "worst", "by stream", "by asking"),
            *("lost", "doubled", "out of order", "drained after s"),
        ),
        rows=[_build_row(name, burst) for name, burst in bursts.items()],
        figures={"load": round(load, 1)}
        | {
            name: figure
            for kind, burst in bursts.items()
            for name, figure in _list_figures(kind.replace(" ", "_"), burst)
        },
    )


def _build_row(name: str, burst: Burst) -> list[str]:
    counts = (burst.sources["stream"], burst.sources["poll"], burst.fills - len(burst.delays))
    return [
        name,
        f"{burst.rate:.0f}",
        *format_ms(burst.delays, 50, 99, 100),
        *map(str, (*counts, burst.doubled, burst.disordered)),
        f"{burst.drain:.1f}",
    ]


def _list_figures(kind: str, burst: Burst) -> Iterator[tuple[str, float]]:
    yield f"{kind}_made_a_second", round(burst.rate, 1)
    yield from name_ms(kind, burst.delays, 50, 99, 100).items()
    yield f"{kind}_by_stream", burst.sources["stream"]
    yield f"{kind}_by_asking", burst.sources["poll"]
    yield f"{kind}_lost", burst.fills - len(burst.delays)
    yield f"{kind}_doubled", burst.doubled
    yield f"{kind}_out_of_order", burst.disordered
    yield f"{kind}_drain_seconds", round(burst.drain, 2)


def _run_burst(ours: WholeInstallation, tab: TimedTab, number: int, seconds: int) -> Burst:
    orders = _place_orders(ours, tab, number, fills=RATE * seconds)
    began = time.monotonic()
    made = _make_fills(ours, list(orders), seconds)
    ended = time.monotonic()
    heard = _wait_until_drained(tab, set(orders.values()), made)
    drained = time.monotonic()
    trades_of_orders: dict[int, list[int]] = {}
    for _, trade in heard:
        trades_of_orders.setdefault(trade["order"], []).append(int(trade["trade_id"]))
    first = {trade["trade_id"]: (at, trade) for at, trade in reversed(heard)}
    return Burst(
        delays=[at - _read_moment(trade["executed_at"]) for at, trade in first.values()],
        sources=_count_sources(ours, orders.values()),
        fills=made,
        doubled=len(heard) - len(first),
        disordered=sum(map(_count_inversions, trades_of_orders.values())),
        rate=made / (ended - began),
        drain=drained - ended,
    )


def _make_fills(ours: WholeInstallation, names: Sequence[str], seconds: int) -> int:
    """Fill the orders in turn and in equal shares, pulse by pulse; a late pulse follows at once."""
    turns = cycle(names)
    group = min(len(names), ORDERS_A_PULSE)
    parts = RATE // PULSES // group
    began, made = time.monotonic(), 0
    for pulse in range(seconds * PULSES):
        time.sleep(max(began + pulse / PULSES - time.monotonic(), 0))
        for name in islice(turns, group):
            amount = str(PART * parts)
            ours.control(
                "POST",
                "fill",
                clientOrderId=name,
                symbol="BTCUSDT",
                quantity=amount,
                parts=parts,
            )
            made += parts
    return made


def _wait_until_drained(
    tab: TimedTab, orders: set[int], expected: int
) -> list[tuple[float, dict[str, Any]]]:
    """Wait until the client has heard every fill, or patience ends: the rest counts as lost."""
    deadline = time.monotonic() + PATIENCE
    while len(heard := _list_trades(tab, orders)) < expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return heard


def _list_trades(tab: TimedTab, orders: set[int]) -> list[tuple[float, dict[str, Any]]]:
    """The frames of these orders' fills, each with its time of arrival by the clock."""
    since = time.time() - time.perf_counter()
    frames = [(at, frame["data"]) for at, frame in list(tab.frames) if frame["type"] == "trade"]
    return [(at + since, trade) for at, trade in frames if trade["order"] in orders]


def _count_inversions(trades: Sequence[int]) -> int:
    return sum(later <= earlier for earlier, later in pairwise(trades))


def _count_sources(ours: WholeInstallation, orders: Iterable[int]) -> Counter[str]:
    """Count the fills that each source reported, from the steps of the orders' history."""
    sources: Counter[str] = Counter()
    for order in orders:
        filled = Decimal(0)
        for change in ours.ask("alice", "GET", f"orders/{order}/history/"):
            sources[change["source"]] += int((Decimal(change["filled"]) - filled) / PART)
            filled = Decimal(change["filled"])
    return sources


def _read_moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _place_orders(
    ours: WholeInstallation, tab: TimedTab, number: int, *, fills: int
) -> dict[str, int]:
    """Orders far below the price, long enough for their share; our number of each by its name."""
    price = Decimal(ours.control("GET", "state")["prices"]["BTCUSDT"]) / 2
    placed = ours.place_orders(
        "alice", number, price=price.quantize(Decimal("0.01")), quantity=PART * (fills // number)
    )
    orders = {order["client_order_id"]: order["id"] for order in placed}
    wait_for(lambda: set(orders.values()) <= _find_resting(tab), "every order at the venue", 60)
    return orders


def _find_resting(tab: TimedTab) -> set[int]:
    frames = [frame["data"] for frame in tab.events if frame["type"] == "order_update"]
    return {order["id"] for order in frames if order["status"] == "new"}


def _wait_for_stream(ours: WholeInstallation) -> None:
    """The stream process has come up and follows the key: its login shows at the venue."""
    login = "WS userDataStream.subscribe.signature"
    wait_for(lambda: ours.control("GET", "state")["endpoints"].get(login), "the stream", 120)
