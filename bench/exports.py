"""Exporting fills by the million from the real web process: rows a second, and what it takes.

With `--fills N`: so many instead.
"""

import http.client
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

import psutil

from bench import Result
from bench.support import servers, users

ROWS, QUICK_ROWS = 1_000_000, 50_000
EVERY_SECONDS: Final = 0.05
FILLS: Final = """
INSERT INTO orders_fill (order_id, user_id, key_id, symbol, trade_id, side, price, quantity, fee,
    fee_currency, executed_at, recorded_at, is_counted)
SELECT %s, %s, %s, 'BTC/USDT', number::text, CASE WHEN number %% 2 = 0 THEN 'sell' ELSE 'buy' END,
    50000 + number %% 999 / 100.0, 0.00123, 0.0615, 'USDT',
    timestamptz '2026-01-01' + number * interval '1 second', now(), true
FROM generate_series(1, %s) AS number
"""


@dataclass(frozen=True, slots=True)
class Read:
    """One export, as its client and the web process saw it."""

    rows: int
    megabytes: float
    first_ms: float
    seconds: float
    grown_mb: float

    def row(self, name: str) -> list[str]:
        rate = f"{self.rows / self.seconds:,.0f}"
        sizes = [f"{self.megabytes:.0f}", f"{self.first_ms:.0f}", f"{self.seconds:.1f}"]
        return [name, f"{self.rows:,}", rate, *sizes, f"{self.grown_mb:.1f}"]


def run(*, quick: bool, fills: int | None = None) -> Result:
    number = fills or (QUICK_ROWS if quick else ROWS)
    with servers.run_services():
        (user,) = users.create_users(1)
        _write_fills(user, number)
        port = servers.free_port()
        with users.run_our_web(port) as process:
            web = f"127.0.0.1:{port}"
            _read_export(web, user, process, "fills.csv?symbol=NONE")  # what a first request loads
            whole = _read_export(web, user, process, "fills.csv")
            again = _read_export(web, user, process, "fills.csv")
    assert whole.rows == again.rows == number
    return Result(
        title=f"{number:,} fills as CSV, one reader",
        columns=["export", "rows", "rows/s", "MB", "first byte ms", "seconds", "RSS grown MB"],
        rows=[whole.row("first"), again.row("again")],
        figures={
            "rows": number,
            "rows_per_second": round(number / whole.seconds),
            "first_byte_ms": round(whole.first_ms),
            "grown_mb": round(whole.grown_mb, 1),
            "grown_again_mb": round(again.grown_mb, 1),
        },
    )


def _write_fills(user: Any, number: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from exchanges.models import ExchangeKey
    from orders.models import Order

    key = ExchangeKey.objects.create(
        user=user, label="bench", venue="binance", api_key="bench", sealed_secret=b"x"
    )
    order = Order.objects.create(
        user=user, key=key, symbol="BTC/USDT", side="buy", type="limit", quantity=number, price=1,
        client_order_id="bench", created_at=timezone.now(),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FILLS, [order.pk, user.pk, key.pk, number])
        cursor.execute("ANALYZE orders_fill")


def _read_export(web: str, user: Any, process: psutil.Process, path: str) -> Read:
    from rest_framework_simplejwt.tokens import AccessToken

    headers = {"Authorization": f"Bearer {AccessToken.for_user(user)}"}
    caller = http.client.HTTPConnection(web, timeout=60)
    with Watched(process) as watched:
        began = time.monotonic()
        caller.request("GET", f"/api/v1/export/{path}", headers=headers)
        answer = caller.getresponse()
        assert answer.status == 200, answer.read()
        first, first_ms = answer.read(1), (time.monotonic() - began) * 1000
        lines, size = 0, len(first)
        while chunk := answer.read(1 << 16):
            lines, size = lines + chunk.count(b"\n"), size + len(chunk)
        seconds = time.monotonic() - began
    caller.close()
    return Read(lines - 1, size / 1e6, first_ms, seconds, watched.grown / 1e6)


class Watched:
    """Peak growth of a process's memory."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._over = process, threading.Event()
        self._thread = threading.Thread(target=self._sample_memory)
        self.grown = 0

    def __enter__(self) -> "Watched":
        self._before = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample_memory(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self.grown = max(self.grown, self._process.memory_info().rss - self._before)
