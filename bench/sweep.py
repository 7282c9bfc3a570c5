"""One check of many keys' pending orders, beside a plain loop that asks for each by itself."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from bench import Result, installation
from bench.shipped import request

KEYS, QUICK_KEYS = 100, 10
ORDERS_EACH = 20
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "BNB/USDT")
AMOUNTS = {"BTC/USDT": "0.001", "ETH/USDT": "0.01", "SOL/USDT": "0.5", "BNB/USDT": "0.1"}
LATENCY_MS = 50
ROUNDS = 3
LOOP_SAMPLE = 100  # orders that the plain loop really asks for; the rest is told by these
LIMITS = {"weight_per_minute": 10**9, "orders_per_10s": 10**9, "orders_per_day": 10**9}


def run(*, quick: bool) -> Result:
    keys = QUICK_KEYS if quick else KEYS
    with installation.installed(), _simulator() as venue:
        venue("POST", "limits", **LIMITS)
        _trade(venue, keys)
        venue("POST", "faults", kind="latency", latency_ms=LATENCY_MS, match={"path": "/api/*"})
        sweeps = sorted(_sweep(venue) for _ in range(ROUNDS))
        loop = _loop(venue, keys * ORDERS_EACH)
    seconds, calls, weight = sweeps[len(sweeps) // 2]
    loop_seconds, loop_calls, loop_weight = loop
    orders = keys * ORDERS_EACH
    return Result(
        title=f"{keys} keys with {ORDERS_EACH} pending orders in {len(SYMBOLS)} symbols each, "
        f"{LATENCY_MS} ms to the venue; median of {ROUNDS}",
        columns=["way", "seconds", "calls", "weight"],
        rows=[
            ["sweep", f"{seconds:.2f}", f"{calls:.0f}", f"{weight:.0f}"],
            ["loop", f"{loop_seconds:.2f}", f"{loop_calls:.0f}", f"{loop_weight:.0f}"],
        ],
        figures={
            "orders": orders,
            f"seconds_{orders}": round(seconds, 2),
            f"loop_seconds_{orders}": round(loop_seconds, 1),
            "binance_calls_per_key": round(calls / keys, 2),
            "binance_weight": weight,
        },
        ratios={
            "binance_weight_ratio": round(weight / loop_weight, 3),
            "binance_seconds_ratio": round(seconds / loop_seconds, 4),
        },
    )


@contextmanager
def _simulator() -> Iterator[Any]:
    """A venue that stands still; gives a way to its control API."""
    home = Path(os.environ["FILLWATCH_HOME"]) / "simulator"
    home.mkdir()
    command = [sys.executable, "-m", "exchanges.simulator", "--home", str(home), "--port", "0"]
    with (
        (home / "simulator.log").open("w") as log,
        subprocess.Popen(
            [*command, "--paused"], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout
        process.stdout.readline()
        endpoint = json.loads((home / "endpoint.json").read_text())
        token = (home / "control-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        try:
            yield lambda method, name, **body: request(
                method, f"{endpoint['control']}{name}", body or None, headers
            )
        finally:
            process.terminate()


def _trade(venue: Any, keys: int) -> None:
    """Every key's orders rest at the venue."""
    from django.conf import settings

    from exchanges import sealing

    private, public = sealing.new_keypair()
    settings.SEAL_PRIVATE_KEYS, settings.SEAL_PUBLIC_KEY = [private], public
    prices = {name: Decimal(price) for name, price in venue("GET", "state")["prices"].items()}
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda number: _trader(venue, number, prices), range(keys)))


def _trader(venue: Any, number: int, prices: dict[str, Decimal]) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.utils import timezone

    from exchanges import keys
    from orders import reconciler, submission
    from orders.models import Order

    account = venue("POST", "accounts", label=f"bench{number}", balances={"USDT": "10000000"})
    user = get_user_model().objects.create(username=f"bench{number}")
    key = keys.attach(
        user=user,
        label="paper",
        venue="binance",
        market="spot",
        api_key=account["key"],
        secret=account["secret"],
        is_paper=True,
    )
    for turn in range(ORDERS_EACH):
        symbol = SYMBOLS[turn % len(SYMBOLS)]
        price = (prices[symbol.replace("/", "")] * Decimal("0.7")).quantize(Decimal("0.1"))
        order = Order(
            user=user,
            key=key,
            symbol=symbol,
            side="buy",
            type="limit",
            quantity=Decimal(AMOUNTS[symbol]),
            price=price,
            client_order_id=f"fwb{number}x{turn}",
            created_at=timezone.now(),
        )
        submission.submit(reconciler.record_intent(order).pk)
    connection.close()


def _sweep(venue: Any) -> tuple[float, float, float]:
    """Seconds, calls and weight of one check of everything."""
    from django.core.cache import cache

    from exchanges import venues
    from orders import sweep

    cache.clear()  # as if each round had a minute, and its budget, of its own
    for master in venues._started().masters.values():
        master.client.throttler.timestamps.clear()
    before = venue("GET", "state")
    began = time.monotonic()
    outcome = sweep.sweep(force=True)
    seconds = time.monotonic() - began
    after = venue("GET", "state")
    assert outcome
    assert not outcome.errors
    assert outcome.checked == outcome.orders
    return seconds, after["requests"] - before["requests"], after["weight"] - before["weight"]


def _loop(venue: Any, orders: int) -> tuple[float, float, float]:
    """What asking for one order after the other takes, told by the first hundred."""
    from exchanges import venues
    from orders.models import Order
    from orders.submission import name_of

    before = venue("GET", "state")
    began = time.monotonic()
    sample = list(islice(Order.objects.select_related("key").order_by("pk"), LOOP_SAMPLE))
    for order in sample:
        name = name_of(order)
        venues.call(order.key, lambda adapter, name=name: adapter.order(name))  # type: ignore[misc]
    share = orders / len(sample)
    after = venue("GET", "state")
    return (
        (time.monotonic() - began) * share,
        (after["requests"] - before["requests"]) * share,
        (after["weight"] - before["weight"]) * share,
    )
