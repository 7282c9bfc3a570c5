"""Rules, prices and times for tests of alerts."""

import json
from datetime import datetime, timedelta
from typing import Any

from operations.alerts import evaluate
from operations.alerts.rules import actions
from operations.alerts.rules.actions import OPERATORS, RuleOwner
from operations.models import Alert, AlertRule
from realtime import prices, redis
from realtime.values import format_time
from tests.orders.reports import NOON
from users.models import User

BTC = "binance.spot.paper:BTC/USDT"


def make_rule(user: User | None, kind: str, conditions: Any = None, **fields: Any) -> AlertRule:
    """Add a rule that was switched on an hour before noon."""
    owner = RuleOwner(user.pk) if user else OPERATORS
    before = NOON - timedelta(hours=1)
    return actions.create_rule(owner, kind, conditions or {}, now=before, **fields)


def publish_price(last: str, *, at: datetime, stale: bool = False) -> None:
    """Publish a last price, like the venue's price feed."""
    data = {"instrument": BTC, "last": last, "at": format_time(at), "stale": stale}
    frame = json.dumps({"type": "price_update", "data": data})
    redis.redis_client().hset(prices.NEWEST, mapping={f"price_update {BTC}": frame})


def evaluate_at(seconds: float) -> list[str]:
    """Evaluate all rules so many seconds after noon; return the titles of the open alerts."""
    evaluate.evaluate_rules(now=NOON + timedelta(seconds=seconds))
    return list_open()


def list_open() -> list[str]:
    rows = Alert.objects.filter(ended_at=None).order_by("pk")
    return list(rows.values_list("title", flat=True))


def find_subjects(rule: AlertRule, *, seconds: float = 0) -> list[str]:
    """Return what the rule's condition holds of, so many seconds after noon."""
    evaluation = evaluate.try_rule(rule, now=NOON + timedelta(seconds=seconds))
    return sorted(finding.subject for finding in evaluation.findings)
