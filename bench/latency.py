"""Time from a fill at the venue to its event on the owner's socket.

Measured twice: with the venue's stream, and by the check after that stream silently died.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bench import Result, format_ms, name_ms
from bench.support.tabs import TimedTab, open_tabs
from bench.support.whole_installation import WholeInstallation, run_installation, wait_for

FILLS, QUICK_FILLS = 200, 40
DEAD_FILLS, QUICK_DEAD_FILLS = 40, 10
PARTS = 10  # fills of one order
PACE, DEAD_PACE = 0.2, 1.7  # seconds between two fills on average
CHECK = 5.0  # seconds between two checks
PART = Decimal("0.001")


def run(*, quick: bool) -> Result:
    number, dead = (QUICK_FILLS, QUICK_DEAD_FILLS) if quick else (FILLS, DEAD_FILLS)
    with run_installation() as ours, open_tabs(ours, ["alice"]) as (tab,):
        ours.control("POST", "walk", paused=True)
        orders = _place_orders(ours, tab, (number + dead) // PARTS)
        _wait_until_told(ours)
        names = list(orders)
        told = _measure_delays(ours, tab, orders, names[: number // PARTS], PACE)
        ours.control("POST", "faults", kind="mute_sockets")
        found = _measure_delays(ours, tab, orders, names[number // PARTS :], DEAD_PACE)
        lost = number + dead - len(_first_arrivals(tab, orders))
        doubled = sum(_times_heard(tab, orders).values()) - len(_first_arrivals(tab, orders))
    return Result(
        title=f"Fill at the venue to its frame at the client (ms): {number} told by the stream, "
        f"{dead} found by the check every {CHECK:g} s while the stream is silently dead; "
        f"{lost} lost, {doubled} doubled",
        columns=["way", "p50", "p99", "worst"],
        rows=[
            [name, *format_ms(delays, 50, 99, 100)]
            for name, delays in (("stream", told), ("poll", found))
        ],
        figures={"fills": number, "dead_fills": dead, "lost": lost, "doubled": doubled}
        | name_ms("stream", told, 50, 99, 100)
        | name_ms("poll", found, 50, 99, 100),
        ratios={"poll_worst_to_check": round(max(found) / CHECK, 2)},
    )


def _measure_delays(
    ours: WholeInstallation,
    tab: TimedTab,
    orders: dict[str, int],
    names: Sequence[str],
    pace: float,
) -> list[float]:
    turns = random.sample([*names] * PARTS, len(names) * PARTS)
    made = [_fill_order(ours, name, orders[name], pace) for name in turns]
    parts = {part for part, _ in made}
    wait_for(lambda: parts <= _first_arrivals(tab, orders).keys(), "every fill at the socket", 60)
    heard = _first_arrivals(tab, orders)
    return [heard[part] - moment for part, moment in made]


def _place_orders(ours: WholeInstallation, tab: TimedTab, number: int) -> dict[str, int]:
    """Orders far below the price, each as long as its parts; our number of each by its name."""
    price = Decimal(ours.control("GET", "state")["prices"]["BTCUSDT"]) / 2
    rounded = price.quantize(Decimal("0.01"))
    placed = ours.place_orders("alice", number, price=rounded, quantity=PART * PARTS)
    orders = {order["client_order_id"]: order["id"] for order in placed}
    wait_for(lambda: set(orders.values()) <= _new_orders(tab), "every order at the venue", 60)
    return orders


def _new_orders(tab: TimedTab) -> set[int]:
    frames = [frame["data"] for frame in tab.events if frame["type"] == "order_update"]
    return {order["id"] for order in frames if order["status"] == "new"}


def _wait_until_told(ours: WholeInstallation) -> None:
    """The stream process has come up and follows the key: its login shows at the venue."""
    wait_for(
        lambda: ours.control("GET", "state")["endpoints"].get(
            "WS userDataStream.subscribe.signature"
        ),
        "the stream",
        60,
    )


_made: Counter[int] = Counter()
FillNumber = tuple[int, int]  # our order, and which of its parts


def _fill_order(
    ours: WholeInstallation, name: str, order: int, pace: float
) -> tuple[FillNumber, float]:
    """The clock starts when the venue is told to fill: it tells the stream before it answers us."""
    time.sleep(random.uniform(0, 2 * pace))  # noqa: S311 (a moment of chance, nothing secret)
    _made[order] += 1
    moment = time.perf_counter()
    ours.control("POST", "fill", clientOrderId=name, symbol="BTCUSDT", quantity=str(PART))
    return (order, _made[order]), moment


def _trade_frames(tab: TimedTab, orders: dict[str, int]) -> list[tuple[float, dict[str, Any]]]:
    ours = set(orders.values())
    frames = [(at, frame["data"]) for at, frame in list(tab.frames) if frame["type"] == "trade"]
    return [(at, trade) for at, trade in frames if trade["order"] in ours]


def _first_arrivals(tab: TimedTab, orders: dict[str, int]) -> dict[FillNumber, float]:
    """The first frame of each part, numbered within its order by trade."""
    seen: dict[int, dict[str, float]] = {}
    for at, trade in _trade_frames(tab, orders):
        seen.setdefault(trade["order"], {}).setdefault(trade["trade_id"], at)
    return {
        (order, part): moments[trade]
        for order, moments in seen.items()
        for part, trade in enumerate(sorted(moments, key=int), 1)
    }


def _times_heard(tab: TimedTab, orders: dict[str, int]) -> Counter[str]:
    return Counter(trade["trade_id"] for _, trade in _trade_frames(tab, orders))
