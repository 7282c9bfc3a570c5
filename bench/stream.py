"""How long after a fill at the venue its owner's socket knows: told by the venue's stream."""

import random
import time
from collections import Counter
from decimal import Decimal
from typing import Any

from bench import Result, percentile
from bench.ears import Tab, listening
from bench.shipped import Shipped, shipped, wait

FILLS, QUICK_FILLS = 200, 40
PARTS = 10  # fills of one order
PACE = 0.2  # seconds between two fills on average
PART = Decimal("0.001")


def run(*, quick: bool) -> Result:
    number = QUICK_FILLS if quick else FILLS
    with shipped() as ours, listening(ours, ["alice"]) as (tab,):
        ours.control("POST", "walk", paused=True)
        orders = _resting(ours, tab, number // PARTS)
        _wait_until_told(ours, tab)
        made = [_fill(ours, name, orders[name]) for name in _shuffled(list(orders))]
        wait(lambda: len(_heard(tab, orders)) >= number, "every fill at the socket", 60)
        heard = _heard(tab, orders)
    delays = [heard[part] - moment for part, moment in made]
    lost, doubled = number - len(heard), sum(_times_heard(tab, orders).values()) - len(heard)
    return Result(
        title=f"Fill at the venue to its frame at the client, by the venue's stream, {number} fills"
        " (ms)",
        columns=["p50", "p99", "worst", "lost", "doubled"],
        rows=[
            [
                *(f"{percentile(delays, p) * 1000:.0f}" for p in (50, 99, 100)),
                f"{lost}",
                f"{doubled}",
            ]
        ],
        figures={
            "fills": number,
            "lost": lost,
            "doubled": doubled,
            "stream_p50_ms": round(percentile(delays, 50) * 1000, 1),
            "stream_p99_ms": round(percentile(delays, 99) * 1000, 1),
            "stream_worst_ms": round(max(delays) * 1000, 1),
        },
    )


def _resting(ours: Shipped, tab: Tab, number: int) -> dict[str, int]:
    """Orders far below the price, each as long as its parts; our number of each by its name."""
    key = ours.ask("alice", "GET", "keys/")[0]["id"]
    price = Decimal(ours.control("GET", "state")["prices"]["BTCUSDT"]) / 2
    wish = {"key": key, "symbol": "BTC/USDT", "side": "buy", "type": "limit"}
    amounts = {"price": str(price.quantize(Decimal("0.01"))), "quantity": str(PART * PARTS)}
    placed = [ours.ask("alice", "POST", "orders/", wish | amounts) for _ in range(number)]
    orders = {order["client_order_id"]: order["id"] for order in placed}
    wait(lambda: set(orders.values()) <= _new(tab), "every order at the venue", 60)
    return orders


def _new(tab: Tab) -> set[int]:
    frames = [frame["data"] for frame in tab.events if frame["type"] == "order_update"]
    return {order["id"] for order in frames if order["status"] == "new"}


def _wait_until_told(ours: Shipped, tab: Tab) -> None:
    """The stream process has come up and follows the key: its login shows at the venue."""
    wait(
        lambda: ours.control("GET", "state")["endpoints"].get(
            "WS userDataStream.subscribe.signature"
        ),
        "the stream",
        60,
    )


def _shuffled(names: list[str]) -> list[str]:
    return random.sample(names * PARTS, len(names) * PARTS)


_made: Counter[int] = Counter()
Part = tuple[int, int]  # our order, and which of its parts


def _fill(ours: Shipped, name: str, order: int) -> tuple[Part, float]:
    """The clock starts when the venue is told to fill: it tells the stream before it answers us."""
    time.sleep(random.uniform(0, 2 * PACE))  # noqa: S311 (a moment of chance, nothing secret)
    _made[order] += 1
    moment = time.perf_counter()
    ours.control("POST", "fill", clientOrderId=name, symbol="BTCUSDT", quantity=str(PART))
    return (order, _made[order]), moment


def _trades(tab: Tab, orders: dict[str, int]) -> list[tuple[float, dict[str, Any]]]:
    ours = set(orders.values())
    frames = [(at, frame["data"]) for at, frame in list(tab.frames) if frame["type"] == "trade"]
    return [(at, trade) for at, trade in frames if trade["order"] in ours]


def _heard(tab: Tab, orders: dict[str, int]) -> dict[Part, float]:
    """The first frame of each part, numbered within its order by trade."""
    seen: dict[int, dict[str, float]] = {}
    for at, trade in _trades(tab, orders):
        seen.setdefault(trade["order"], {}).setdefault(trade["trade_id"], at)
    return {
        (order, part): moments[trade]
        for order, moments in seen.items()
        for part, trade in enumerate(sorted(moments, key=int), 1)
    }


def _times_heard(tab: Tab, orders: dict[str, int]) -> Counter[str]:
    return Counter(trade["trade_id"] for _, trade in _trades(tab, orders))
