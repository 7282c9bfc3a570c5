"""Back up a million orders, restore them into a fresh database, and compare every table.

Two of three orders were filled, some in two parts, so that the dump compresses like a real one.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from bench import Result
from bench.support import servers

ORDERS, QUICK_ORDERS = 1_000_000, 50_000
USERS, KEYS_EACH, DAYS = 50, 2, 365
ORDER: Final = """
INSERT INTO orders_order (id, user_id, key_id, symbol, side, type, origin, time_in_force,
    price, quantity, reduce_only, margin_mode, client_order_id, idempotency_key, status, filled,
    fills_quantity, cost, average_price, fees, lacks_fees, exchange_order_id, carried, former,
    lacks_past, version, misses, last_report, created_at, submitted_at, checked_at,
    cancel_requested_by, ended_at, ended_by, ended_reason, end_is_assumed, "group",
    amend_requested_by, closes_position, position_side, lacks_quantity)
SELECT n, key.user_id, key.id, symbol, CASE n %% 2 WHEN 0 THEN 'buy' ELSE 'sell' END, 'limit',
    'fillwatch', 'GTC', price, quantity, false, '', 'fw' || left(md5('c' || n), 22),
    md5('i' || n), status, filled, filled, filled * price,
    CASE WHEN filled > 0 THEN price END,
    CASE WHEN filled > 0 THEN jsonb_build_object('USDT', round(filled * price / 1000, 8)::text)
        ELSE '{}' END,
    false, (40000000000 + n * 7)::text, 0, '{}', false, 3, 0,
    jsonb_build_object('status', upper(status), 'orderId', (40000000000 + n * 7)::text,
        'price', price::text, 'executedQty', filled::text, 'updateTime', extract(epoch FROM at)),
    at, at + interval '80 ms', at + interval '1 hour', CASE WHEN filled > 0 THEN '' ELSE 'user' END,
    at + interval '1 hour', CASE WHEN filled > 0 THEN 'venue' ELSE 'user' END, '', false,
    '', '', false, '', false
FROM generate_series(1, %(orders)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM exchanges_exchangekey) AS key
    ON key.place = n %% %(keys)s,
LATERAL (SELECT
    (ARRAY['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT'])[1 + n / 3 %% 4] AS symbol,
    round((100 + 60 * sin(n / 50000.0) + (hashint8(n) %% 4000) / 100.0)::numeric, 2) AS price,
    round((abs(hashint8(n * 3)) %% 100000 / 10000.0 + 0.001)::numeric, 4) AS quantity,
    CASE n %% 3 WHEN 0 THEN 'canceled' ELSE 'filled' END AS status,
    now() - %(days)s * interval '1 day' * (1 - n / %(orders)s::float) AS at) AS terms,
LATERAL (SELECT CASE status WHEN 'filled' THEN quantity ELSE 0 END AS filled) AS outcome
"""
FILL: Final = """
INSERT INTO orders_fill (order_id, user_id, key_id, symbol, trade_id, side, price, quantity, fee,
    fee_currency, executed_at, recorded_at, is_counted)
SELECT id, user_id, key_id, symbol, (id * 10 + part)::text, side, price, round(filled / parts, 8),
    round(filled * price / parts / 1000, 8), 'USDT', at, at + interval '20 ms', true
FROM (SELECT *, CASE id / 7 % 4 WHEN 0 THEN 2 ELSE 1 END AS parts FROM orders_order
    WHERE filled > 0) AS filled_order,
LATERAL generate_series(1, parts) AS part,
LATERAL (SELECT created_at + part * interval '1 minute' AS at) AS moment
"""
# Recorded when the backup was ready, and changed by the restore on purpose.
OTHERS: Final = {"public.operations_backuprun", "public.realtime_stream"}


def run(*, quick: bool) -> Result:
    number = QUICK_ORDERS if quick else ORDERS
    with servers.run_services():
        written = _time_call(lambda: _write_orders(number))
        figures = {"orders": number, "seconds_to_write_them": round(written, 1)}
        figures |= _measure_backup()
    return Result(title=f"A backup of {number:,} orders, and its restore", figures=figures)


def _measure_backup() -> dict[str, float]:
    from django.db import connection
    from django.utils import timezone

    from operations.backup import take

    backups: list[Any] = []
    took = _time_call(lambda: backups.append(take.take_backup(now=timezone.now())))
    [backup] = backups
    size_on_disk = _measure_database()
    connection.close()  # a database in use is not replaced
    said: list[tuple[str, float]] = []
    restored = _time_call(lambda: _restore_backup(backup, said))
    steps = {
        f"of_that_{_name_step(text)}": round(end - began, 1)
        for (text, began), (_, end) in zip(said, [*said[1:], ("", time.monotonic())], strict=True)
    }
    seconds = {"backup_seconds": round(took, 1), "restore_seconds": round(restored, 1)}
    sizes = {
        "rows": backup.manifest.rows,
        "backup_mb": round(backup.manifest.size / 1e6, 1),
        "database_mb": round(size_on_disk / 1e6, 1),
    }
    return {**sizes, **seconds, **steps, **_compare_databases()}


def _name_step(text: str) -> str:
    return "_".join(word.lower() for word in text.split() if word.isalpha())


def _restore_backup(backup: Any, said: list[tuple[str, float]]) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from operations.backup import restore

    restore.restore_backup(
        backup,
        now=timezone.now(),
        replace=True,
        private_keys=[],
        migrate=lambda: call_command("migrate", verbosity=0, interactive=False),
        say=lambda text: said.append((text, time.monotonic())),
    )


def _compare_databases() -> dict[str, float]:
    """Compare the restored database with the one that it replaced, which is kept beside it."""
    from operations.backup import contents, database, restore

    name = database.get_database_name()
    query = "SELECT datname FROM pg_database WHERE datname LIKE %s"
    with database.connect_database(restore.MAINTENANCE) as server:
        [(former,)] = server.execute(query, [f"{name}_before_%"]).fetchall()
    tables = []
    for place in (former, name):
        with database.connect_database(place) as own:
            tables.append(contents.measure_tables(own))
    before, after = tables
    compared = before.keys() - OTHERS
    equal = sum(before[table] == after.get(table) for table in compared)
    return {"tables_compared": len(compared), "tables_that_differ": len(compared) - equal}


def _write_orders(number: int) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from exchanges.models import ExchangeKey

    model = get_user_model()
    people = [model.objects.create_user(f"bench{count}") for count in range(USERS)]
    for count in range(USERS * KEYS_EACH):
        ExchangeKey.objects.create(
            user=people[count % USERS],
            label=f"key {count}",
            venue="binance",
            market="spot",
            is_paper=True,
            api_key=f"k{count}",
            sealed_secret=b"x",
        )
    named = {"orders": number, "keys": USERS * KEYS_EACH, "days": DAYS}
    with connection.cursor() as cursor:
        # The references are right, and to look each up takes longer than to write the rows.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(ORDER, named)
        cursor.execute(FILL)
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE")


def _measure_database() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _time_call(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
