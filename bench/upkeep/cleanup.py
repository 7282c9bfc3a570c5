"""Delete a million old events beside live traffic: what sweeps, commits and frames take meanwhile.

`manage.py prune` runs as it does for operators. A tenth of the events is of the trader who is
measured: deleting them locks that user's stream for a moment, and a commit waits for it.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bench import Result, format_ms, name_ms
from bench.publish import commit_event, run_listener
from bench.support import servers, users
from bench.support.resting_orders import (
    ORDER_MARKETS,
    place_resting_orders,
    reset_ccxt_pace,
    run_simulator,
)
from config.launcher.home import BASE

EVENTS, QUICK_EVENTS = 1_000_000, 50_000
OWNERS: Final = 1_000
KEYS, ORDERS_EACH = 10, 10
ALONE_SECONDS, QUICK_ALONE_SECONDS = 45.0, 8.0
COMMIT_PACE: Final = 0.02
SWEEP_PACE: Final = 0.3
OTHERS: Final = """
INSERT INTO realtime_event (user_id, seq, type, data, created_at)
SELECT id, seq, 'order_update', jsonb_build_object('id', seq, 'symbol', 'BTC/USDT', 'status', 'new',
    'client_order_id', md5(id::text || seq), 'quantity', '0.01', 'price', '60000', 'filled', '0',
    'side', 'buy', 'type', 'limit', 'version', 1, 'reason', repeat('x', 300)),
    now() - interval '400 days' + seq * interval '1 second'
FROM users_user, generate_series(1, %s) AS seq WHERE id = ANY(%s)
"""
HEAD: Final = """
INSERT INTO realtime_stream (user_id, epoch, seq, floor) SELECT id, 1, %s, 0 FROM users_user
WHERE id = ANY(%s) ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq
"""
Span = tuple[float, float]


@dataclass
class Traffic:
    """Moments of the monotonic clock: when something began, and when it was over."""

    sweeps: list[Span] = field(default_factory=list)
    commits: list[Span] = field(default_factory=list)
    frames: list[Span] = field(default_factory=list)


def run(*, quick: bool) -> Result:
    number = QUICK_EVENTS if quick else EVENTS
    with servers.run_services(), run_simulator() as venue, servers.run_web() as url:
        trader = _create_trader()
        _write_events(number, trader.pk)
        place_resting_orders(venue, ORDER_MARKETS[0], keys=KEYS, orders_each=ORDERS_EACH)
        alone_seconds = QUICK_ALONE_SECONDS if quick else ALONE_SECONDS
        with _run_traffic(trader, url) as traffic:
            _warm_up(traffic)
            alone = _measure_span(lambda: time.sleep(alone_seconds))
            events, meanwhile = _prune_events()
    return _build_result(events, alone, meanwhile, traffic)


def _create_trader() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user("trader")


def _write_events(number: int, trader: int) -> None:
    from django.db import connection

    others = [user.pk for user in users.create_users(OWNERS)]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the users are known to be there
        for owners, share in ((others, 0.9), ([trader], 0.1)):
            each = round(number * share / len(owners))
            cursor.execute(HEAD, [each, owners])
            cursor.execute(OTHERS, [each, owners])
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE")


def _prune_events() -> tuple[int, Span]:
    """Return how many events went, and the time from the first batch to the end."""
    from realtime.models import Stream

    command = [sys.executable, str(BASE / "manage.py"), "prune", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while not Stream.objects.filter(floor__gt=0).exists() and process.poll() is None:
            time.sleep(0.05)  # its start costs time of the processor, which a worker has behind it
        began = time.perf_counter()
        output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"prune ended with {process.returncode}")
    ended = time.perf_counter()
    rows = {row["table"]: row["rows"] for row in json.loads(output)}
    return int(rows["realtime.event"]), (began, ended)


@contextmanager
def _run_traffic(trader: Any, url: str) -> Iterator[Traffic]:
    """Sweep and commit, each in a thread of its own, and listen, until the block ends."""
    traffic, ended = Traffic(), threading.Event()
    with run_listener(trader, url) as arrived:
        threads = [
            threading.Thread(target=_sweep_repeatedly, args=(traffic, ended)),
            threading.Thread(target=_commit_repeatedly, args=(trader.pk, traffic, ended)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield traffic
        finally:
            ended.set()
            for thread in threads:
                thread.join()
            while len(arrived) < len(traffic.commits):
                time.sleep(0.01)
        ends = [end for _, end in traffic.commits]
        traffic.frames += zip(ends, arrived, strict=False)


def _sweep_repeatedly(traffic: Traffic, ended: threading.Event) -> None:
    from django.core.cache import cache
    from django.db import connection

    from orders.checks import sweep

    while not ended.wait(SWEEP_PACE):
        cache.clear()  # as if each round had a minute, and its budget, of its own
        reset_ccxt_pace()
        began = time.perf_counter()
        outcome = sweep.run_sweep(force=True)
        traffic.sweeps.append((began, time.perf_counter()))
        assert outcome.checked == KEYS * ORDERS_EACH
    connection.close()


def _commit_repeatedly(trader: int, traffic: Traffic, ended: threading.Event) -> None:
    from django.db import connection

    while not ended.wait(COMMIT_PACE):
        began = time.perf_counter()
        traffic.commits.append((began, commit_event(trader, 0)))
    connection.close()


def _warm_up(traffic: Traffic) -> None:
    while len(traffic.sweeps) < 3:
        time.sleep(0.1)


def _measure_span(work: Any) -> Span:
    began = time.perf_counter()
    work()
    return began, time.perf_counter()


def _build_result(events: int, alone: Span, meanwhile: Span, traffic: Traffic) -> Result:
    rows, figures, ratios = [], dict[str, float](), dict[str, float]()
    for name in ("sweeps", "commits", "frames"):
        spans: list[Span] = getattr(traffic, name)
        before, during = _select_within(spans, alone), _select_within(spans, meanwhile)
        for when, seconds in (("alone", before), ("meanwhile", during)):
            rows.append([name, when, str(len(seconds)), *format_ms(seconds, 50, 99, 100)])
            figures |= name_ms(f"{name}_{when}", seconds, 50, 99, 100)
        key = f"{name}_{{}}_p99_ms"
        ratios[f"{name}_p99"] = round(
            figures[key.format("meanwhile")] / figures[key.format("alone")], 2
        )
    took = meanwhile[1] - meanwhile[0]
    figures |= {"events": events, "seconds": round(took, 1), "a_second": round(events / took)}
    return Result(
        title=f"{events:,} old events deleted in {took:.0f} s beside live traffic (ms)",
        columns=["what", "when", "times", "p50", "p99", "worst"],
        rows=rows,
        figures=figures,
        ratios=ratios,
    )


def _select_within(spans: list[Span], limits: Span) -> list[float]:
    return [end - began for began, end in spans if limits[0] <= began and end <= limits[1]]
