"""Services of the installation that are down, late, banned or full; for operators.

All of these read the present health, as the summary shows it.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

import redis

from exchanges.instruments import VenueMarket
from exchanges.limits import weight_budget
from exchanges.models import ExchangeKey
from operations.alerts.evaluators.findings import (
    Evaluation,
    Finding,
    RuleBatch,
    add_status,
    is_above,
    is_below,
)
from operations.health.service_status import ServiceStatus
from operations.models import AlertRule

SWEEP: Final = "order-checks"
DISK: Final = "disk"
VENUE: Final = "venue-"
QUEUE: Final = "worker-"
# Alerts are rows there: one that can be raised would only say that it was slow a moment ago.
DATABASE: Final = "postgresql"
GIGABYTE: Final = Decimal(10**9)


def evaluate_down(batch: RuleBatch) -> Evaluation:
    """Find the services that are down; those with a rule of their own are left to it."""
    evaluation = Evaluation()
    for rule in batch.rules:
        wait = timedelta(seconds=rule.read_number("seconds") or 0)
        down = [
            one
            for one in batch.services
            if one.status == "down"
            and not one.service.startswith((SWEEP, DISK, VENUE, DATABASE))
            and (one.last_success is None or one.last_success <= batch.now - wait)
        ]
        single = RuleBatch([rule], batch.now)
        add_status(evaluation, single, down, "No service is down.")
    return evaluation


def evaluate_sweep(batch: RuleBatch) -> Evaluation:
    late = [one for one in batch.services if one.service == SWEEP and one.status != "healthy"]
    return add_status(Evaluation(), batch, late, "Orders are checked in time.")


def evaluate_venues(batch: RuleBatch) -> Evaluation:
    """Find the venues that banned this server, do not answer, or answer wrongly."""
    bad = [
        one
        for one in batch.services
        if one.service.startswith(VENUE) and one.status != "healthy" and one.reason
    ]
    late = [one for one in bad if "health check is late" not in one.reason]
    return add_status(Evaluation(), batch, late, "Every venue may be asked and answers.")


def evaluate_queues(batch: RuleBatch) -> Evaluation:
    """Find the queues in which more tasks wait than the rule allows, or wait for longer."""
    evaluation = Evaluation()
    queues = [one for one in batch.services if one.service.startswith(QUEUE)]
    for rule in batch.rules:
        depths = {one.service: one.details.get("depth") or 0 for one in queues}
        evaluation.reasons[rule.pk] = f"The longest queue has {max(depths.values(), default=0)}."
        for one in queues:
            oldest = one.details.get("oldest_seconds") or 0
            is_deep = depths[one.service] >= (rule.read_number("tasks") or 0)
            if is_deep or oldest >= (rule.read_number("seconds") or 0):
                text = f"{depths[one.service]} tasks wait, the oldest for {oldest:.0f} s."
                evaluation.findings.append(_describe(rule, one, f"{one.label} grows", text))
    return evaluation


def evaluate_disk(batch: RuleBatch) -> Evaluation:
    evaluation = Evaluation()
    for rule in batch.rules:
        for one in (service for service in batch.services if service.service == DISK):
            free = Decimal(one.details["free_bytes"]) / GIGABYTE
            limit, clear = Decimal(rule.read_text("value")), Decimal(rule.read_text("clear"))
            text = f"{free:.1f} GB are free; the rule waits for less than {limit} GB."
            evaluation.reasons[rule.pk] = text
            if is_below(free, limit, clear, is_open=batch.is_open(rule, DISK)):
                title = f"Only {free:.1f} GB are free"
                message = "Make room: databases stop when a disk is full."
                evaluation.findings.append(_describe(rule, one, title, message))
    return evaluation


def evaluate_budgets(batch: RuleBatch) -> Evaluation:
    """Find the venues whose request weight is nearly spent in this minute."""
    evaluation = Evaluation()
    shares = dict(_read_shares(batch))
    for rule in batch.rules:
        limit, clear = Decimal(rule.read_text("percent")), Decimal(rule.read_text("clear"))
        worst = max(shares.values(), default=Decimal(0))
        evaluation.reasons[rule.pk] = f"At most {worst:.0f} % of a venue's budget are spent."
        for market, percent in shares.items():
            if is_above(percent, limit, clear, is_open=batch.is_open(rule, market)):
                finding = Finding(
                    rule_id=rule.pk,
                    subject=market,
                    title=f"{market}: {percent:.0f} % of the request budget are spent",
                    message="Checks wait for their turn. Use fewer keys, or longer intervals.",
                )
                evaluation.findings.append(finding)
    return evaluation


def _read_shares(batch: RuleBatch) -> Iterator[tuple[str, Decimal]]:
    rows = ExchangeKey.objects.filter(is_active=True).order_by()
    for row in rows.values_list("venue", "market", "is_paper").distinct():
        market = VenueMarket(*row)
        try:
            share = weight_budget.read_used_share(market, now=batch.now)
        except redis.RedisError:
            return
        if share is not None:
            yield str(market), Decimal(str(share)) * 100


def _describe(rule: AlertRule, service: ServiceStatus, title: str, message: str) -> Finding:
    return Finding(rule_id=rule.pk, subject=service.service, title=title, message=message)
