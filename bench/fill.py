"""How long after a fill at the venue its owner's socket knows: found by the 5-second check."""

import random
import time
from decimal import Decimal

from bench import Result, percentile
from bench.ears import Tab, listening
from bench.shipped import Shipped, shipped, wait

FILLS, QUICK_FILLS = 40, 10
CHECK = 5.0  # seconds between two checks; what is beyond it in the worst case is the call itself
PACE = 1.7  # seconds between two fills on average: they fall anywhere between two checks


def run(*, quick: bool) -> Result:
    number = QUICK_FILLS if quick else FILLS
    with shipped(STREAM_PROCESSES="0") as ours, listening(ours, ["alice"]) as (tab,):
        ours.control("POST", "walk", paused=True)
        names = _resting(ours, tab, number)
        made = {name: _fill(ours, name) for name in names}
        wait(lambda: len(_filled(tab, made)) == number, "every fill at the socket", 60)
        heard = _filled(tab, made)
    delays = [heard[name] - made[name] for name in names]
    figures = {
        f"poll_p{percent}_seconds": round(percentile(delays, percent), 2) for percent in (50, 99)
    }
    return Result(
        title=f"Fill at the venue to its frame at the client, by polling, {number} fills (s): "
        f"at most {CHECK:g} s and the call",
        columns=["p50", "p99", "worst"],
        rows=[[f"{percentile(delays, percent):.2f}" for percent in (50, 99, 100)]],
        figures={
            "fills": number,
            "check_seconds": CHECK,
            "poll_worst_seconds": round(max(delays), 2),
            "poll_worst_beyond_check_seconds": round(max(max(delays) - CHECK, 0), 2),
            **figures,
        },
    )


def _resting(ours: Shipped, tab: Tab, number: int) -> list[str]:
    key = ours.ask("alice", "GET", "keys/")[0]["id"]
    price = Decimal(ours.control("GET", "state")["prices"]["BTCUSDT"]) / 2
    wish = {"key": key, "symbol": "BTC/USDT", "side": "buy", "type": "limit"}
    amounts = {"price": str(price.quantize(Decimal("0.01"))), "quantity": "0.001"}
    names = [
        ours.ask("alice", "POST", "orders/", wish | amounts)["client_order_id"]
        for _ in range(number)
    ]
    wait(lambda: set(names) <= _names(tab, "new"), "every order at the venue", 60)
    return names


def _names(tab: Tab, status: str) -> set[str]:
    return {
        frame["data"]["client_order_id"]
        for frame in tab.events
        if frame["type"] == "order_update" and frame["data"]["status"] == status
    }


def _fill(ours: Shipped, name: str) -> float:
    time.sleep(random.uniform(0, 2 * PACE))  # noqa: S311 (a moment of chance, nothing secret)
    ours.control("POST", "fill", clientOrderId=name, symbol="BTCUSDT")
    return time.perf_counter()


def _filled(tab: Tab, made: dict[str, float]) -> dict[str, float]:
    return {
        frame["data"]["client_order_id"]: moment
        for moment, frame in list(tab.frames)
        if frame["type"] == "order_filled" and frame["data"]["client_order_id"] in made
    }
