"""A thousand keys' streams in one process: what each costs in memory, idle, and for each event."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psutil

from bench import Result
from bench.support import servers, users
from bench.support.resting_orders import ORDER_MARKETS, Control, place_resting_orders, run_simulator
from bench.support.whole_installation import wait_for

KEYS, QUICK_KEYS = 1000, 100
FEW: Final = 10  # what the process costs by itself is seen with these
IDLE_SECONDS, QUICK_IDLE_SECONDS = 60, 10
EVENTS_EACH: Final = 2
PATIENCE: Final = 900.0
KIBI, MEBI = 2**10, 2**20


def run(*, quick: bool, keys: int | None = None) -> Result:
    number = keys or (QUICK_KEYS if quick else KEYS)
    idle_seconds = QUICK_IDLE_SECONDS if quick else IDLE_SECONDS
    case = ORDER_MARKETS[0]
    with servers.run_services(), run_simulator() as venue:
        place_resting_orders(venue, case, keys=number, orders_each=1)
        _follow_only(FEW)
        with _run_stream() as process:
            few = _memory_when_live(process, FEW)
            _follow_only(number)
            began = time.monotonic()
            many = _memory_when_live(process, number)
            opened = time.monotonic() - began
            idle = _idle_share(process, idle_seconds)
            seconds, cpu = _measure_fills(venue, process, number * EVENTS_EACH)
            after = process.memory_info().rss
    events = number * EVENTS_EACH
    figures = {
        "keys": number,
        "memory_mb": round(many / MEBI, 1),
        "memory_few_mb": round(few / MEBI, 1),
        "kb_per_key": round((many - few) / (number - FEW) / KIBI, 1),
        "memory_after_events_mb": round(after / MEBI, 1),
        "open_seconds": round(opened, 1),
        "idle_cpu_percent": round(idle * 100, 1),
        "events": events,
        "cpu_ms_per_event": round(cpu / events * 1000, 2),
        "events_per_second": round(events / seconds, 1),
    }
    return Result(
        title=f"{number} Binance spot keys followed by one process",
        figures=figures,
    )


@contextmanager
def _run_stream() -> Iterator[psutil.Process]:
    """The real stream process."""
    from config.launcher import processes

    with servers.run_part(processes.stream_part(environment=os.environ)):
        yield users.newest_child()


def _follow_only(number: int) -> None:
    from exchanges.models import ExchangeKey

    chosen = ExchangeKey.objects.order_by("pk").values_list("pk", flat=True)[:number]
    ExchangeKey.objects.exclude(pk__in=list(chosen)).update(is_active=False)
    ExchangeKey.objects.filter(pk__in=list(chosen)).update(is_active=True)


def _memory_when_live(process: psutil.Process, number: int) -> int:
    from django.db.models import F

    from exchanges.models import StreamLease

    complete = StreamLease.objects.filter(state="live", last_reconcile_at__gte=F("connected_since"))
    wait_for(lambda: complete.count() == number, f"each of {number} streams", PATIENCE)
    memory: int = process.memory_info().rss
    return memory


def _idle_share(process: psutil.Process, seconds: int) -> float:
    """Share of one core used while idle: pings, leases and timers only."""
    before = users.cpu_seconds(process)
    time.sleep(seconds)
    return (users.cpu_seconds(process) - before) / seconds


def _measure_fills(venue: Control, process: psutil.Process, events: int) -> tuple[float, float]:
    """Seconds and CPU until every part of every order is written down."""
    from orders.models import Fill, Order

    names = list(Order.objects.values_list("client_order_id", "symbol", "quantity"))
    before, began = users.cpu_seconds(process), time.monotonic()
    for turn in range(events):
        name, symbol, quantity = names[turn % len(names)]
        part = quantity / EVENTS_EACH
        venue(
            "POST", "fill", clientOrderId=name, symbol=symbol.replace("/", ""), quantity=str(part)
        )
    wait_for(lambda: Fill.objects.count() == events, f"each of {events} fills", PATIENCE)
    return time.monotonic() - began, users.cpu_seconds(process) - before
