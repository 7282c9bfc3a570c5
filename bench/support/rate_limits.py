"""A thousand keys behind one address, within the venue's real limits: who waits, and how long."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import psutil

from bench import Result
from bench.support import servers
from bench.support.resting_orders import (
    ORDER_MARKETS,
    Control,
    OrderMarket,
    place_resting_orders,
    run_simulator,
)

TICK: Final = 5.0
LONGEST: Final = 900.0
MEBI: Final = 2**20


@dataclass(slots=True)
class SweepProgress:
    """Figures of the sweeps until every order was checked at least once."""

    sweeps: list[float] = field(default_factory=list)
    weights: list[tuple[float, float]] = field(default_factory=list)  # when, weight until then
    oldest: float = 0.0
    unchecked: int = 0
    refused: int = 0
    total: float = 0.0

    def busiest_minute(self) -> float:
        """The most weight within sixty seconds, as the venue counted it."""
        return max(
            then - before
            for at, before in self.weights
            for later, then in self.weights
            if 0 <= later - at <= 60
        )


def measure_within_limits(*, keys: int, orders_each: int) -> Result:
    cases = [case for case in ORDER_MARKETS if case.name in ("binance", "okx")]
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    with servers.run_services(), run_simulator() as venue:
        for case in cases:
            before = psutil.Process().memory_info().rss
            place_resting_orders(venue, case, keys=keys, orders_each=orders_each)
            seen = _until_all_are_checked(venue, case)
            memory = (psutil.Process().memory_info().rss - before) / MEBI
            found = _build_figures(case, seen, memory)
            figures |= found
            rows.append([case.name, *(f"{value:g}" for value in found.values())])
    return Result(
        title=f"{keys} keys with {orders_each} pending orders each, a check every {TICK:.0f} s "
        "within the venue's limits, until every order was checked",
        columns=[
            "venue",
            "rounds",
            "seconds",
            "slowest round",
            "oldest",
            "unchecked",
            "busiest minute",
            "refused",
            "MB",
        ],
        rows=rows,
        figures={"keys": keys, "orders": keys * orders_each, **figures},
    )


def _build_figures(case: OrderMarket, seen: SweepProgress, memory: float) -> dict[str, float]:
    named = {
        "rounds": len(seen.sweeps),
        "seconds_until_all_checked": round(seen.total, 1),
        "slowest_sweep_seconds": round(max(seen.sweeps), 2),
        "oldest_check_seconds": round(seen.oldest, 1),
        "never_checked": seen.unchecked,
        "busiest_minute_weight": seen.busiest_minute(),
        "refused_by_the_venue": seen.refused,
        "memory_mb": round(memory, 1),
    }
    return {f"{case.name}_{name}": value for name, value in named.items()}


def _until_all_are_checked(venue: Control, case: OrderMarket) -> SweepProgress:
    """Ticks as the beat gives them; placing has spent nothing of the budget."""
    from django.core.cache import cache
    from django.utils import timezone

    from orders.checks import sweep
    from orders.models import Order

    cache.clear()
    Order.objects.update(checked_at=None)
    venue("DELETE", "counters")
    venue("POST", "limits", weight_per_minute=6000, forget=True)
    seen, began, start = SweepProgress(), time.monotonic(), timezone.now()
    seen.weights.append((began, 0))
    while time.monotonic() - began < LONGEST:
        tick = time.monotonic()
        outcome = sweep.run_sweep()
        seen.sweeps.append(outcome.seconds)
        seen.refused += outcome.skipped
        seen.weights.append((time.monotonic(), venue("GET", "state")["weight"]))
        seen.unchecked = Order.objects.filter(checked_at=None).count()
        if not seen.unchecked:
            break
        time.sleep(max(0.0, TICK - (time.monotonic() - tick)))
    seen.total = time.monotonic() - began
    oldest = Order.objects.order_by("checked_at").values_list("checked_at", flat=True)[0]
    seen.oldest = (timezone.now() - (oldest or start)) / timedelta(seconds=1)
    return seen
