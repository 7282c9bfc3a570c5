"""Time counting many fills into PnL, and then querying the analytics API.

`--fills N`: over two years, by 40 bots with 5 keys. The API is asked by HTTP, as a browser would.
"""

import json
import resource
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from bench import Result, format_ms, name_ms, percentile
from bench.support import servers

FILLS, QUICK_FILLS = 1_000_000, 50_000
BOTS, KEYS, SYMBOLS = 40, 5, 4
DAYS: Final = 730
ASKED, QUICK_ASKED = 100, 20
LATE: Final = 20  # days ago
SHOWN: Final = (0, 50, 99, 100)  # percent
# Every second fill of a bot sells what the one before bought; each fill has an order of its own.
ORDERS: Final = """
INSERT INTO orders_order (id, user_id, key_id, bot_id, symbol, side, type, origin, time_in_force,
    quantity, reduce_only, margin_mode, client_order_id, idempotency_key, status, filled,
    fills_quantity, cost, fees, lacks_fees, exchange_order_id, carried, former, lacks_past, version,
    misses, last_report, created_at, cancel_requested_by, ended_at, ended_by, ended_reason,
    end_is_assumed, "group", amend_requested_by, closes_position, position_side, lacks_quantity)
SELECT n, bot.user_id, bot.key_id, bot.id, bot.symbol, side.name, 'limit', 'fillwatch', 'GTC',
    0.5, false, '', 'bench' || n, '', 'filled', 0.5, 0.5, 50, '{}', false, 'b' || n, 0, '{}', false,
    1, 0, '{}', side.at, '', side.at, '', '', false,
    '', '', false, '', false
FROM generate_series(1, %(fills)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM bots_bot) AS bot
    ON bot.place = n %% %(bots)s,
LATERAL (SELECT CASE WHEN n / %(bots)s %% 2 = 0 THEN 'buy' ELSE 'sell' END AS name,
    %(since)s::timestamptz + n * (%(days)s * interval '1 day' / %(fills)s) AS at) AS side
"""
FILL: Final = """
INSERT INTO orders_fill (order_id, user_id, key_id, symbol, trade_id, side, price, quantity, fee,
    fee_currency, executed_at, recorded_at, is_counted)
SELECT id, user_id, key_id, symbol, 'b' || id, side,
    round((100 + 10 * sin(id / 50000.0) + (hashint8(id) %% 400) / 100.0)::numeric, 2), 0.5,
    0.0487, 'USDT', created_at, created_at, false
FROM orders_order ORDER BY id
"""
PLAIN: Final = (
    "SELECT sum(CASE side WHEN 'buy' THEN -1 ELSE 1 END * price * quantity) FROM orders_fill"
)
PLACES: Final = {
    "summary": "summary/",
    "summary of a bot": "summary/?bot={bot}",
    "summary of a key": "summary/?key={key}",
    "summary of 90 days": "summary/?since={since}",
    "day by day": "daily/",
    "hours": "hours/",
    "bots compared": "bots/",
    "rounds": "rounds/",
    "rounds of a bot": "rounds/?bot={bot}",
    "rounds of a key": "rounds/?key={key}",
    "unrealised": "unrealised/",
}


def run(*, quick: bool, fills: int | None = None) -> Result:
    number = fills or (QUICK_FILLS if quick else FILLS)
    with servers.run_services(), servers.run_web() as url:
        names = _create_owners()
        written = _time_call(lambda: _write_fills(number))
        counted = _time_call(_count_fills)
        late = _time_call(_come_late)
        asked = _time_requests(url, names, QUICK_ASKED if quick else ASKED)
        plain = [_time_call(_sum_fills) for _ in range(5)]
    counting = {
        "fills": number,
        "write_seconds": round(written, 1),
        "count_seconds": round(counted, 1),
        "counted_a_second": round(number / counted),
        "late_fill_seconds": round(late, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    rows = [[name, *format_ms(values, *SHOWN)] for name, values in asked.items()]
    rows.append(["a plain sum over fills", *format_ms(plain, *SHOWN)])
    rows += [[name.replace("_", " "), str(value), "", "", ""] for name, value in counting.items()]
    figures: dict[str, float] = dict(counting)
    for name, values in asked.items():
        figures |= name_ms(name, values, 0, 50, 99)
    worst = max(percentile(values, 99) for values in asked.values())
    return Result(
        title=f"What {number:,} fills earned, asked by HTTP (ms)",
        columns=["asked", "least", "p50", "p99", "worst"],
        rows=rows,
        figures=figures,
        ratios={"slowest_p99_to_plain_sum": round(worst / percentile(plain, 50), 3)},
    )


def _create_owners() -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from rest_framework_simplejwt.tokens import AccessToken

    from bots.models import Bot
    from exchanges.models import ExchangeKey

    user = get_user_model().objects.create_user("ada")
    keys = [
        ExchangeKey.objects.create(user=user, label=f"key {number}", venue="binance", market="spot",
                                   is_paper=True, api_key=f"k{number}", sealed_secret=b"x")
        for number in range(KEYS)
    ]  # fmt: skip
    bots = [
        Bot.objects.create(user=user, key=keys[number % KEYS], name=f"bot {number}",
                           symbol=f"C{number // KEYS % SYMBOLS}/USDT")
        for number in range(BOTS)
    ]  # fmt: skip
    token = str(AccessToken.for_user(user))
    return {"bot": bots[0].pk, "key": keys[0].pk, "since": _days_ago(90), "token": token}


def _days_ago(days: int) -> str:
    from datetime import timedelta

    from django.utils import timezone

    return (timezone.now() - timedelta(days=days)).date().isoformat()


def _write_fills(number: int) -> None:
    from django.db import connection

    named: dict[str, int | str] = {
        "fills": number,
        "bots": BOTS,
        "days": DAYS,
        "since": _days_ago(DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(ORDERS, named)
        cursor.execute(FILL.replace("%%", "%"))
        cursor.execute("ANALYZE")


def _count_fills() -> None:
    from bots.pnl import fill_counter

    for key_id in fill_counter.keys_with_work():
        while fill_counter.count_fills(key_id):
            pass
    from bots.models import PnlBook

    assert PnlBook.objects.count() == BOTS + KEYS * SYMBOLS


def _come_late() -> None:
    """Change the fee of a fill of three weeks ago, and recount its books from there."""
    from bots.pnl import fill_counter
    from orders.models import Fill

    late = Fill.objects.filter(executed_at__date__gte=_days_ago(LATE)).order_by("pk").first()
    assert late
    Fill.objects.filter(pk=late.pk).update(fee="0.05", is_counted=False)
    while fill_counter.count_fills(late.key_id):
        pass


def _time_requests(url: str, names: dict[str, Any], number: int) -> dict[str, list[float]]:
    address = urlsplit(url)
    connection = HTTPConnection(address.netloc, timeout=60)
    headers = {"Authorization": f"Bearer {names['token']}"}
    found: dict[str, list[float]] = {}
    for name, place in PLACES.items():
        path = f"/api/v1/analytics/{place.format(**names)}"
        _get_page(connection, path, headers)  # the first opens connections
        get_page = partial(_get_page, connection, path, headers)
        found[name] = [_time_call(get_page) for _ in range(number)]
    connection.close()
    return found


def _get_page(connection: HTTPConnection, path: str, headers: dict[str, str]) -> None:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body[:500]
    assert path.startswith("/api/v1/analytics/unrealised/") or json.loads(body), path


def _sum_fills() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PLAIN)


def _time_call(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
