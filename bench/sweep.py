"""One check of many keys' pending orders, beside a plain loop that asks for each by itself.

With `--keys N`: so many keys within the venue's real limits, until each was checked at least once.
"""

import statistics
import time
from dataclasses import dataclass
from itertools import islice

from bench import Result
from bench.support import rate_limits, servers
from bench.support.resting_orders import (
    ORDER_MARKETS,
    Control,
    OrderMarket,
    place_resting_orders,
    reset_ccxt_pace,
    run_simulator,
)

KEYS, QUICK_KEYS = 100, 10
ORDERS_EACH = 20
LATENCY_MS = 50
ROUNDS, QUICK_ROUNDS = 3, 1
LOOP_SAMPLE = 100  # orders that the plain loop really asks for; the rest is told by these


@dataclass(frozen=True, slots=True)
class QueryCost:
    """Seconds, calls and weight spent to learn the state of all orders."""

    seconds: float
    calls: float
    weight: float

    def times(self, share: float) -> "QueryCost":
        return QueryCost(self.seconds * share, self.calls * share, self.weight * share)

    def row(self, *names: str) -> list[str]:
        return [*names, f"{self.seconds:.2f}", f"{self.calls:.0f}", f"{self.weight:.0f}"]


def run(*, quick: bool, keys: int | None = None) -> Result:
    if keys:
        return rate_limits.measure_within_limits(keys=keys, orders_each=5 if quick else ORDERS_EACH)
    number = QUICK_KEYS if quick else KEYS
    with servers.run_services(), run_simulator() as venue:
        found = {case.name: _compare_costs(venue, case, number, quick) for case in ORDER_MARKETS}
    orders = number * ORDERS_EACH
    rows = [
        asked.row(name, way)
        for name, (sweep, loop) in found.items()
        for way, asked in (("sweep", sweep), ("loop", loop))
    ]
    ours, plain = found["binance"]
    return Result(
        title=f"{number} keys with {ORDERS_EACH} pending orders in 4 symbols each, "
        f"{LATENCY_MS} ms to the venue",
        columns=["venue", "way", "seconds", "calls", "weight"],
        rows=rows,
        figures={
            "orders": orders,
            f"seconds_{orders}": round(ours.seconds, 2),
            f"loop_seconds_{orders}": round(plain.seconds, 1),
        }
        | {f"{name}_seconds": round(sweep.seconds, 2) for name, (sweep, _) in found.items()}
        | {f"{name}_calls_per_key": round(s.calls / number, 2) for name, (s, _) in found.items()},
        ratios={
            f"{name}_{what}_ratio": round(getattr(sweep, what) / getattr(loop, what), 4)
            for name, (sweep, loop) in found.items()
            for what in ("seconds", "calls", "weight")
            if getattr(loop, what)
        },
    )


def _compare_costs(
    venue: Control, case: OrderMarket, keys: int, quick: bool
) -> tuple[QueryCost, QueryCost]:
    place_resting_orders(venue, case, keys=keys, orders_each=ORDERS_EACH)
    venue("POST", "faults", kind="latency", latency_ms=LATENCY_MS, match={"path": "/*"})
    sweeps = [_measure_sweep(venue) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
    middle = statistics.median_low(asked.seconds for asked in sweeps)
    loop = _measure_loop(venue, keys * ORDERS_EACH)
    return next(asked for asked in sweeps if asked.seconds == middle), loop


def _measure_sweep(venue: Control) -> QueryCost:
    from django.core.cache import cache

    from orders.checks import sweep

    cache.clear()  # as if each round had a minute, and its budget, of its own
    reset_ccxt_pace()
    before = venue("GET", "state")
    began = time.monotonic()
    outcome = sweep.run_sweep(force=True)
    seconds = time.monotonic() - began
    assert not outcome.errors
    assert outcome.checked == outcome.orders
    return _cost_between(before, venue("GET", "state"), seconds)


def _measure_loop(venue: Control, orders: int) -> QueryCost:
    """Cost of querying order by order, projected from the first hundred."""
    from exchanges import pool
    from orders.models import Order
    from orders.order_state import build_order_name

    before = venue("GET", "state")
    began = time.monotonic()
    sample = list(islice(Order.objects.select_related("key").order_by("pk"), LOOP_SAMPLE))
    for order in sample:
        name = build_order_name(order)
        pool.call(order.key, lambda adapter, name=name: adapter.fetch_order(name))  # type: ignore[misc]
    seconds = time.monotonic() - began
    return _cost_between(before, venue("GET", "state"), seconds).times(orders / len(sample))


def _cost_between(before: dict[str, float], after: dict[str, float], seconds: float) -> QueryCost:
    return QueryCost(
        seconds, after["requests"] - before["requests"], after["weight"] - before["weight"]
    )
