"""Emergency: 200 open orders at four markets and bots that run; seconds until nothing is open.

Once with venues at their best, once with venues that answer late, in part, or not at all.
"""

import os
import statistics
import time
from typing import Any, Final

from bench import Result
from bench.support.resting_orders import Control
from bench.support.running_bots import SCALPER, attach_key, run_bot_servers, start_bot
from bench.support.whole_installation import wait_for

MARKETS: Final = (
    ("binance", "spot"),
    ("binance", "futures"),
    ("okx", "spot"),
    ("bybit", "spot"),
)
ORDERS, QUICK_ORDERS = 200, 40
ROUNDS, QUICK_ROUNDS = 3, 1
OWNER: Final = "owner"
# Of each key's requests; what is done and not heard, not done, late, or refused for a while.
FAULTS: Final[list[dict[str, Any]]] = [
    {"kind": "close_after_accept", "times": 5},
    {"kind": "status", "status": 503, "times": 10},
    {"kind": "truncate", "times": 5},
    {"kind": "latency", "latency_ms": 100, "times": 100},
]


def run(*, quick: bool) -> Result:
    number, rounds = (QUICK_ORDERS, QUICK_ROUNDS) if quick else (ORDERS, ROUNDS)
    with run_bot_servers() as venue:
        keys = [attach_key(venue, where, owner=OWNER) for where in MARKETS]
        bots = [start_bot(key, "scalper", SCALPER) for key in keys]
        rows = [
            (way, *_measure_round(venue, keys, bots, number, faults))
            for way, faults in (("no faults", []), ("faults", FAULTS))
            for _ in range(rounds)
        ]
    seconds = {way: [one[1] for one in rows if one[0] == way] for way in ("no faults", "faults")}
    left = sum(one[2] for one in rows)
    return Result(
        title=f"{number} open orders at four markets and {len(bots)} bots that run: stopped; "
        f"load average {os.getloadavg()[0]:.1f}",
        columns=["way", "seconds", "left open at the venues"],
        rows=[[way, f"{took:.1f}", str(open_)] for way, took, open_ in rows],
        figures={"orders": number, "left_open": left}
        | {f"{way.replace(' ', '_')}_seconds": round(statistics.median(took), 1)
           for way, took in seconds.items()},
        ratios={
            "faults_to_none": round(
                statistics.median(seconds["faults"]) / statistics.median(seconds["no faults"]), 2
            )
        },
    )  # fmt: skip


def _measure_round(
    venue: Control, keys: list[Any], bots: list[Any], number: int, faults: list[dict[str, Any]]
) -> tuple[float, int]:
    """Everything open, then the wish; seconds until it is over, and what is open there then."""
    from django.utils import timezone

    from bots.running import lifecycle, stop_all

    for bot in bots:
        lifecycle.start_bot(bot.pk, now=timezone.now())
    _place_orders(keys, number)
    wait_for(
        lambda: _count_open(venue, keys) == number + len(bots), "every order at its venue", 180
    )
    for key in keys:
        for fault in faults:
            venue("POST", "faults", **fault, match={"key": key.api_key})
    began = time.monotonic()
    asked = stop_all.stop_all(keys[0].user, now=timezone.now())
    wait_for(lambda: _has_ended(asked.pk), "the end", 180)
    took = time.monotonic() - began
    left = _count_open(venue, keys)
    venue("DELETE", "faults")
    return took, left


def _place_orders(keys: list[Any], number: int) -> None:
    """Far below the price, spread over all keys."""
    from decimal import Decimal

    from django.utils import timezone

    from orders import placement
    from orders.models import TimeInForce

    for turn in range(number):
        key = keys[turn % len(keys)]
        wish = placement.PlacementRequest(
            key=key,
            symbol="BTC/USDT:USDT" if key.market == "futures" else "BTC/USDT",
            side="buy",
            type="limit",
            time_in_force=TimeInForce.GTC,
            quantity=Decimal("0.002"),
            price=Decimal(50000 + turn),
        )
        placement.place_order(user=key.user, request=wish, now=timezone.now())


def _has_ended(number: int) -> bool:

    from bots.models import StopAll

    return StopAll.objects.get(pk=number).ended_at is not None


def _count_open(venue: Control, keys: list[Any]) -> int:
    rows = [row for key in keys for row in venue("GET", "orders", account=key.api_key)["orders"]]
    return sum(row["status"] in ("NEW", "PARTIALLY_FILLED") for row in rows)
