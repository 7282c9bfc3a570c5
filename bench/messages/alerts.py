"""10,000 alert rules of 1,000 users: the seconds of one evaluation, in this process."""

import json
import time
from datetime import timedelta
from typing import Any, Final

from bench import Result
from bench.support import servers, users

USERS, QUICK_USERS = 1_000, 100
INSTRUMENTS: Final = 100
OF_A_USER: Final = (
    *("price_above", "price_below", "order_stuck", "order_unchecked", "order_filled"),
    *("order_ended_by_venue", "bot_stopped", "pnl_below", "drawdown", "feed_stale"),
)
NEVER: Final = {
    "price_below": {"value": "1", "clear": "1.1"},
    "pnl_below": {"value": "-5", "clear": "-4"},
}
ROUNDS: Final = 5


def run(*, quick: bool) -> Result:
    number = QUICK_USERS if quick else USERS
    with servers.run_services():
        rules = _create_rules(users.create_users(number))
        quiet = _measure_evaluations("99")
        raising, raised = _measure_raising()
    worst = max(quiet)
    return Result(
        title="Evaluate alert rules",
        figures={
            "users": number,
            "rules": rules,
            "quiet_evaluation_seconds": round(sum(quiet) / len(quiet), 2),
            "quiet_evaluation_worst_seconds": round(worst, 2),
            "raised_in_one_evaluation": raised,
            "raising_evaluation_seconds": round(raising, 2),
            "tick_seconds": 10,
        },
    )


def _create_rules(people: list[Any]) -> int:
    from django.utils import timezone

    from operations.models import AlertRule

    now = timezone.now()
    conditions = {"seconds": 60, "value": "100", "clear": "99.9", "percent": "5", "days": 30}
    conditions |= {"measure": "total", "currency": "USDT", "simulated": True, "why": "any"}
    AlertRule.objects.bulk_create(
        (
            AlertRule(
                user=person,
                kind=kind,
                name=kind,
                conditions=conditions
                | {"instrument": _name_instrument(place)}
                | NEVER.get(kind, {}),
                active_since=now - timedelta(hours=1),
                created_at=now,
            )
            for place, person in enumerate(people)
            for kind in OF_A_USER
        ),
        batch_size=1_000,
    )
    return AlertRule.objects.count()


def _name_instrument(place: int) -> str:
    return f"binance.spot.paper:C{place % INSTRUMENTS}/USDT"


def _measure_evaluations(price: str) -> list[float]:
    from django.utils import timezone

    from operations.alerts import evaluate

    times = []
    for _ in range(ROUNDS):
        _publish_prices(price)
        began = time.perf_counter()
        evaluate.evaluate_rules(now=timezone.now())
        times.append(time.perf_counter() - began)
    return times


def _measure_raising() -> tuple[float, int]:
    """Let the price of every tenth market rise over all limits."""
    from django.utils import timezone

    from operations.alerts import evaluate
    from operations.models import Alert

    _publish_prices("101", every=10)
    began = time.perf_counter()
    evaluate.evaluate_rules(now=timezone.now())
    return time.perf_counter() - began, Alert.objects.count()


def _publish_prices(price: str, *, every: int = 1) -> None:
    from django.utils import timezone

    from realtime import prices, redis
    from realtime.values import format_time

    at = format_time(timezone.now())
    frames = {}
    for place in range(0, INSTRUMENTS, every):
        name = _name_instrument(place)
        data = {"instrument": name, "last": price, "at": at, "stale": False}
        frames[f"price_update {name}"] = json.dumps({"type": "price_update", "data": data})
    redis.redis_client().hset(prices.NEWEST, mapping=frames)
