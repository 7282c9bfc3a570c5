"""Words to everybody: how long the request waits, how long all take, and who waits meanwhile."""

import threading
import time
from itertools import count
from typing import Any

from bench import Result, percentile
from bench.publish import commit_event
from bench.support import servers, users

USERS, QUICK_USERS = 10_000, 1_000
PACE = 0.005  # seconds between two events of the trader who works meanwhile


def run(*, quick: bool) -> Result:
    number = QUICK_USERS if quick else USERS
    with servers.run_services():
        users.create_users(number)
        from django.contrib.auth import get_user_model

        trader = get_user_model().objects.create_user("trader")
        alone = _while_trading(trader.pk, lambda: time.sleep(1.0))
        asked, steps, meanwhile = _measure_broadcast(trader.pk)
    return _build_result(number + 1, asked, steps, alone, meanwhile)


def _measure_broadcast(trader: int) -> tuple[float, list[float], list[float]]:
    from django.utils import timezone

    from operations.messages import broadcast

    before = time.perf_counter()
    said = broadcast.begin_broadcast(title="Closed on Sunday", by=None, now=timezone.now())
    asked = time.perf_counter() - before
    steps: list[float] = []

    def finish() -> None:
        began = time.perf_counter()
        while broadcast.send_batch(said.pk, now=timezone.now()):
            steps.append(time.perf_counter() - began)
            began = time.perf_counter()

    return asked, steps, _while_trading(trader, finish)


def _while_trading(trader: int, act: Any) -> list[float]:
    """Time each commit of a trader while the broadcast runs."""
    ended, took, numbers = threading.Event(), list[float](), count(1)

    def trade() -> None:
        from django.db import connection

        from realtime import streams

        while not ended.is_set():
            began = time.perf_counter()
            with streams.unit() as unit:
                unit.event(
                    user_id=trader, type="key_update", data=users.key_event_data(next(numbers))
                )
            took.append(time.perf_counter() - began)
            time.sleep(PACE)
        connection.close()

    commit_event(trader, 0)
    thread = threading.Thread(target=trade)
    thread.start()
    try:
        act()
    finally:
        ended.set()
        thread.join()
    return took


def _build_result(
    number: int, asked: float, steps: list[float], alone: list[float], meanwhile: list[float]
) -> Result:
    figures = {
        "users": number,
        "request_ms": round(asked * 1000, 1),
        "seconds": round(sum(steps), 2),
        "users_per_second": round(number / sum(steps)),
        "longest_step_ms": round(max(steps) * 1000, 1),
        "others_p99_alone_ms": round(percentile(alone, 99) * 1000, 1),
        "others_p99_meanwhile_ms": round(percentile(meanwhile, 99) * 1000, 1),
    }
    return Result(
        title=f"Words to {number:,} users",
        figures=figures,
    )
