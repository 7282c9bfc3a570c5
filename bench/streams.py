"""A thousand keys' streams in one process: what each costs in memory, idle, and for each event."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psutil

from bench import Result
from bench.support import servers
from bench.support.resting_orders import ORDER_MARKETS, Control, place_resting_orders, run_simulator

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
        columns=["what", "figure"],
        rows=[[name.replace("_", " "), f"{value:g}"] for name, value in figures.items()],
        figures=figures,
    )


@contextmanager
def _run_stream() -> Iterator[psutil.Process]:
    """The real stream process."""
    from django.conf import settings

    from config.launcher import processes

    os.environ |= {
        "SEAL_PUBLIC_KEY": settings.SEAL_PUBLIC_KEY,
        "SEAL_PRIVATE_KEYS": ",".join(settings.SEAL_PRIVATE_KEYS),
    }
    before = {child.pid for child in psutil.Process().children()}
    with servers.run_part(processes.stream_part(environment=os.environ)):
        yield next(child for child in psutil.Process().children() if child.pid not in before)


def _follow_only(number: int) -> None:
    from exchanges.models import ExchangeKey

    chosen = ExchangeKey.objects.order_by("pk").values_list("pk", flat=True)[:number]
    ExchangeKey.objects.exclude(pk__in=list(chosen)).update(is_active=False)
    ExchangeKey.objects.filter(pk__in=list(chosen)).update(is_active=True)


def _memory_when_live(process: psutil.Process, number: int) -> int:
    from django.db.models import F

    from exchanges.models import StreamLease

    complete = StreamLease.objects.filter(state="live", last_reconcile_at__gte=F("connected_since"))
    _wait_for(lambda: complete.count() == number, f"{number} streams")
    memory: int = process.memory_info().rss
    return memory


def _idle_share(process: psutil.Process, seconds: int) -> float:
    """Share of one core used while idle: pings, leases and timers only."""
    before = _cpu_seconds(process)
    time.sleep(seconds)
    return (_cpu_seconds(process) - before) / seconds


def _measure_fills(venue: Control, process: psutil.Process, events: int) -> tuple[float, float]:
    """Seconds and CPU until every part of every order is written down."""
    from orders.models import Fill, Order

    names = list(Order.objects.values_list("client_order_id", "symbol", "quantity"))
    before, began = _cpu_seconds(process), time.monotonic()
    for turn in range(events):
        name, symbol, quantity = names[turn % len(names)]
        part = quantity / EVENTS_EACH
        venue(
            "POST", "fill", clientOrderId=name, symbol=symbol.replace("/", ""), quantity=str(part)
        )
    _wait_for(lambda: Fill.objects.count() == events, f"{events} fills")
    return time.monotonic() - began, _cpu_seconds(process) - before


def _cpu_seconds(process: psutil.Process) -> float:
    times: Any = process.cpu_times()
    return float(times.user + times.system)


def _wait_for(condition: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} are not there after {PATIENCE:g} s")
        time.sleep(0.1)
