"""Each kind of operators' rule: when it holds, when it does not, and at the edge."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from exchanges.instruments import VenueMarket
from exchanges.limits import weight_budget
from exchanges.models import ExchangeKey
from operations import tasks
from operations.alerts.evaluators import registry
from operations.alerts.evaluators.findings import RuleBatch
from operations.alerts.rules import defaults
from operations.health.service_status import ServiceStatus
from operations.models import AlertRule, BackupRun, JobState, OutboxMessage
from operations.notifications.ways.actions import add_webhook
from realtime.counters import counts
from realtime.metrics.repairs import RepairSums
from realtime.redis import redis_client
from realtime.values import format_time
from tests.operations.alerts.conftest import evaluate_at, find_subjects, make_rule
from tests.orders.reports import NOON
from tests.pages.bots.bot_records import create_key
from users.models import User

pytestmark = pytest.mark.django_db


def build_service(name: str, status: Any, *, age: float = 60, **details: Any) -> ServiceStatus:
    """A service whose last success was so many seconds ago."""
    return ServiceStatus(
        service=name,
        label=name.title(),
        status=status,
        reason="It does not answer." if status != "healthy" else "",
        at=NOON,
        last_success=NOON - timedelta(seconds=age),
        details=details,
    )


@pytest.fixture
def judge() -> Callable[..., list[str]]:
    """Evaluate a new rule while the services are so; return the subjects."""

    def evaluate_services(kind: str, *services: ServiceStatus, **conditions: Any) -> list[str]:
        batch = RuleBatch([make_rule(None, kind, conditions)], NOON)
        batch.__dict__["services"] = list(services)
        findings = registry.KINDS[kind].evaluate(batch).findings
        return sorted(finding.subject for finding in findings)

    return evaluate_services


def test_a_service_that_is_down(judge: Callable[..., list[str]]) -> None:
    down = build_service("worker", "down", age=20)
    others = [
        build_service("web", "healthy"),
        build_service("beat", "degraded"),
        build_service("stream", "down", age=19),
        build_service("disk", "down"),
        build_service("postgresql", "down"),
        build_service("order-checks", "down"),
        build_service("venue-okx.spot", "down"),
    ]
    assert judge("service_down", down, *others) == ["worker"]


def test_a_late_sweep(judge: Callable[..., list[str]]) -> None:
    assert judge("sweep_late", build_service("order-checks", "healthy")) == []
    assert judge("sweep_late", build_service("order-checks", "degraded")) == ["order-checks"]


def test_a_venue_that_banned_us(judge: Callable[..., list[str]]) -> None:
    open_venue = build_service("venue-okx.spot", "healthy")
    banned = build_service("venue-binance.spot", "degraded")
    assert judge("venue_closed", open_venue, banned) == ["venue-binance.spot"]


def test_a_queue_that_grows(judge: Callable[..., list[str]]) -> None:
    queues = [
        build_service("worker-orders", "healthy", depth=9, oldest_seconds=4.9),
        build_service("worker-bots", "healthy", depth=10, oldest_seconds=None),
        build_service("worker-slow", "healthy", depth=1, oldest_seconds=5.0),
    ]
    assert judge("queue_grows", *queues, tasks=10, seconds=5) == ["worker-bots", "worker-slow"]


def test_a_full_disk(judge: Callable[..., list[str]]) -> None:
    assert (
        judge("disk_full", build_service("disk", "healthy", free_bytes=10**9 + 1), value="1") == []
    )
    assert judge("disk_full", build_service("disk", "degraded", free_bytes=10**9), value="1") == [
        "disk"
    ]


def test_a_spent_budget(user: User) -> None:
    key = create_key(user)
    ExchangeKey.objects.update(is_paper=True, venue="binance", market="spot", is_active=True)
    key.refresh_from_db()
    rule = make_rule(None, "budget_spent", {"percent": "50"})
    assert find_subjects(rule) == []
    weight_budget.try_spend(key, 4_000, now=NOON, owed=True)
    market = VenueMarket("binance", "spot", True)
    share = weight_budget.read_used_share(market, now=NOON)
    assert share is not None
    assert find_subjects(rule) == ([str(market)] if share >= 0.5 else [])
    assert share >= 0.5
    assert redis_client().keys("fillwatch:budget:*")


def test_errors_in_the_log(settings: Any, tmp_path: Path) -> None:
    settings.LOG_FOLDER = str(tmp_path)
    rule = make_rule(None, "error_rate", {"count": 3, "seconds": 60})
    rows = [("error", 61), ("error", 50), ("info", 40), ("critical", 30), ("error", 0)]
    lines = [
        json.dumps({"timestamp": format_time(NOON - timedelta(seconds=s)), "level": level})
        for level, s in rows
    ]
    log = tmp_path / "worker.1.jsonl"
    log.write_text("\n".join(lines[:4]) + "\n")
    assert find_subjects(rule) == []
    log.write_text("\n".join(lines) + "\n")
    assert find_subjects(rule) == ["errors"]


def test_many_repairs_by_the_position_check(user: User) -> None:
    user.is_staff = user.is_superuser = True
    user.save()
    rule = make_rule(None, "repairs", {"count": 10, "seconds": 60}, clear_seconds=0)
    assert rule.conditions["clear"] == "5"
    one, other = RepairSums(), RepairSums()  # of two processes
    counts.repairs += 5
    one.save(NOON)
    assert find_subjects(rule) == []
    other.save(NOON + timedelta(seconds=10))
    one.save(NOON + timedelta(seconds=10))
    assert len(evaluate_at(10)) == 1
    counts.repairs += 1
    other.save(NOON + timedelta(seconds=60))
    assert len(evaluate_at(70)) == 1, "six are more than its end"
    assert evaluate_at(80) == evaluate_at(90) == []


def test_a_failed_job(user: User) -> None:
    rule = make_rule(None, "job_failed")
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    job = PeriodicTask.objects.create(name="Nightly", task="x", interval=interval)
    state, _ = JobState.objects.update_or_create(
        job=job, defaults={"created_at": NOON, "result": "done"}
    )
    assert find_subjects(rule) == []
    JobState.objects.filter(pk=state.pk).update(result="failed", message="No room.")
    assert find_subjects(rule) == [f"job:{job.pk}"]


def test_an_old_or_failed_backup() -> None:
    rule = make_rule(None, "backup_old", {"hours": 26})
    assert find_subjects(rule) == [], "nobody knows since when one is due"

    def note_backup(hours: float, *, is_done: bool) -> None:
        at = NOON - timedelta(hours=hours)
        BackupRun.objects.create(name="x", is_done=is_done, started_at=at, finished_at=at)

    note_backup(26, is_done=True)
    assert find_subjects(rule, seconds=-1) == []
    assert find_subjects(rule) == ["backup"]
    note_backup(1, is_done=True)
    assert find_subjects(rule) == []
    note_backup(0, is_done=False)
    assert find_subjects(rule) == ["backup"]


def test_dead_notifications(user: User, settings: Any) -> None:
    settings.NOTIFICATION_ALLOW_NETWORKS = ["127.0.0.0/8"]
    way = add_webhook(user, "Desk", "http://127.0.0.1:9/", now=NOON).way
    rule = make_rule(None, "messages_dead", {"count": 2, "minutes": 60})
    for number, minutes in enumerate((61, 59)):
        at = NOON - timedelta(minutes=minutes)
        OutboxMessage.objects.create(
            user=user,
            way=way,
            cause=str(number),
            message_id=str(number),
            category="alerts",
            level="info",
            title="x",
            status="dead",
            created_at=at,
            due_at=at,
            done_at=at,
        )
    assert find_subjects(rule) == []
    assert find_subjects(rule, seconds=-120) == ["outbox"]


def test_default_rules_are_added_once_for_operators_and_key_owners(
    user: User, other_user: User
) -> None:
    create_key(user)
    added = defaults.add_missing(now=timezone.now())
    assert added == AlertRule.objects.count()
    own = AlertRule.objects.filter(user=user).order_by("kind").values_list("kind", flat=True)
    assert list(own) == ["bot_stopped", "order_stuck", "switch_failing"]
    assert not AlertRule.objects.filter(user=other_user).exists()
    shared = set(AlertRule.objects.filter(user=None).values_list("kind", flat=True))
    assert shared == set(registry.OPERATOR_KINDS)
    AlertRule.objects.update(is_active=False)
    assert defaults.add_missing(now=timezone.now()) == 0
    assert not AlertRule.objects.filter(is_active=True).exists()


def test_the_job_evaluates_all_rules_that_come_with_fillwatch(user: User) -> None:
    user.is_staff = user.is_superuser = True
    user.save()
    create_key(user)
    tasks.evaluate_alerts()
    raised = user.alerts.filter(ended_at=None).values_list("rule__kind", "title")
    # Others' worker may be alive in this process of tests, so any service does
    assert "service_down" in {kind for kind, _ in raised}
    assert ("sweep_late", "Order checks: down") in raised
    count = raised.count()
    tasks.evaluate_alerts()
    assert raised.count() == count, "each is raised once"
