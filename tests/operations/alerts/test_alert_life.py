"""An alert is raised once, does not flap, is settled by people, and rests after its end."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from exchanges.models import Symbol
from operations.alerts import evaluate
from operations.alerts import record as alerts
from operations.alerts.evaluators import registry
from operations.alerts.evaluators.findings import Evaluation, Finding, RuleBatch
from operations.alerts.rules import actions
from operations.alerts.rules.actions import OPERATORS, RuleOwner
from operations.models import Alert, AlertRule, OutboxMessage
from operations.notifications.ways import actions as way_actions
from realtime.models import Event
from tests.operations.alerts.conftest import (
    BTC,
    evaluate_at,
    find_subjects,
    list_open,
    make_rule,
    publish_price,
)
from tests.orders.reports import NOON
from users.models import User

ABOVE = {"instrument": BTC, "value": "100", "clear": "99"}
TITLE = f"{BTC} is above 100"


@pytest.fixture
def traded(db: None) -> None:
    Symbol.objects.get_or_create(
        venue="binance",
        market="spot",
        is_paper=True,
        name="BTC/USDT",
        defaults=dict.fromkeys(("price_step", "quantity_step", "min_quantity"), "0.01")
        | {"base": "BTC", "quote": "USDT", "min_cost": "5", "read_at": NOON},
    )


@pytest.fixture
def rule(user: User, traded: None) -> AlertRule:
    return make_rule(user, "price_above", ABOVE, clear_seconds=20, cooldown_seconds=60)


@pytest.fixture
def price() -> Callable[..., list[str]]:
    """Publish a price and evaluate, so many seconds after noon."""

    def put(last: str, seconds: float, *, stale: bool = False) -> list[str]:
        publish_price(last, at=NOON + timedelta(seconds=seconds), stale=stale)
        return evaluate_at(seconds)

    return put


def read_steps(alert: Alert) -> list[str]:
    return list(alert.changes.values_list("step", flat=True))


def test_a_price_at_the_threshold_does_not_flap(
    rule: AlertRule, price: Callable[..., list[str]]
) -> None:
    assert price("99.99", 0) == []
    assert price("100", 1) == [TITLE]
    for second in range(2, 20):
        assert price("99.5" if second % 2 else "100.5", second) == [TITLE]
    assert price("99", 20) == [TITLE], "well, but not for long enough"
    assert price("100", 30) == [TITLE], "and not any more"
    assert price("98", 31) == [TITLE]
    assert price("98", 51) == []
    assert price("101", 60) == [], "the cooldown counts from the end"
    assert price("101", 111) == [TITLE]
    assert price("99.5", 120) == [TITLE]
    assert price("99.5", 150) == [TITLE], "between the two limits it lasts, however long"
    assert Alert.objects.count() == 2
    first = Alert.objects.order_by("pk")[0]
    assert (read_steps(first), first.ended_by) == (["raised", "resolved"], "")
    assert [event.data["ended_at"] is None for event in Event.objects.order_by("seq")] == [
        *(True, False),
        True,
    ]


def test_a_stale_price_neither_raises_nor_ends(
    rule: AlertRule, price: Callable[..., list[str]]
) -> None:
    assert price("500", 0, stale=True) == []
    assert price("500", 1) == [TITLE]
    assert price("1", 2, stale=True) == [TITLE]
    assert price("1", 60, stale=True) == [TITLE]
    assert price("1", 61) == [TITLE]
    assert price("1", 82) == []


def test_ways_are_told_once_and_of_the_end_by_choice(
    user: User, rule: AlertRule, price: Callable[..., list[str]], settings: Any
) -> None:
    settings.NOTIFICATION_ALLOW_NETWORKS = ["127.0.0.0/8"]
    way_actions.add_webhook(user, "Desk", "http://127.0.0.1:9/hook", now=NOON)
    actions.change_rule(RuleOwner(user.pk), rule.pk, now=NOON, clear_seconds=0)
    price("100", 0)
    price("100", 1)
    price("98", 2)
    titles = OutboxMessage.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == [TITLE, f"Over: {TITLE}"]
    actions.change_rule(RuleOwner(user.pk), rule.pk, now=NOON, tells_end=False, cooldown_seconds=0)
    price("100", 3)
    price("98", 4)
    assert list(titles.all())[2:] == [TITLE]


def test_its_owner_acknowledges_and_resolves(
    user: User, rule: AlertRule, price: Callable[..., list[str]]
) -> None:
    price("100", 0)
    alert = Alert.objects.get()
    by: dict[str, Any] = {"user_id": user.pk, "by": "ada", "now": NOON}
    alerts.acknowledge(alert.pk, note="I know", **by)
    alerts.acknowledge(alert.pk, note="again", **(by | {"by": "bob"}))
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.note, alert.ended_at) == ("ada", "I know", None)
    alerts.resolve(alert.pk, **by)
    assert price("100", 59) == []
    assert price("100", 61) == [TITLE], "the condition still holds after the cooldown"
    assert read_steps(alert) == ["raised", "acknowledged", "resolved"]


def test_other_conditions_or_a_switch_end_its_alerts(
    user: User, rule: AlertRule, price: Callable[..., list[str]]
) -> None:
    owner = RuleOwner(user.pk)
    price("100", 0)
    changed = actions.change_rule(owner, rule.pk, now=NOON, conditions={"value": "200"})
    assert (changed.conditions["clear"], list_open()) == ("199.8", [])
    actions.change_rule(owner, rule.pk, now=NOON, conditions={"value": "90"}, cooldown_seconds=0)
    assert len(evaluate_at(1)) == 1
    actions.change_rule(owner, rule.pk, now=NOON, is_active=False)
    assert evaluate_at(2) == []
    actions.change_rule(owner, rule.pk, now=NOON, is_active=True)
    assert len(evaluate_at(3)) == 1
    actions.delete_rule(owner, rule.pk, now=NOON)
    assert evaluate_at(4) == []
    assert Alert.objects.count() == 3, "the history stays"


def test_one_failing_evaluator_costs_the_others_nothing(
    user: User, rule: AlertRule, price: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make_rule(user, "drawdown", {"percent": "5"})
    lasting = alerts.raise_for_rule(
        broken,
        user_id=user.pk,
        name=f"rule:{broken.pk}:portfolio",
        text=alerts.alert_text(Alert(title="Fall")),
        cause="",
        now=NOON,
    )
    assert lasting

    def fail(batch: RuleBatch) -> Evaluation:
        raise ZeroDivisionError("no peak")

    kind = registry.KINDS["drawdown"]
    monkeypatch.setitem(
        registry.KINDS,
        "drawdown",
        registry.RuleKind(label=kind.label, evaluate=fail),
    )
    with pytest.raises(evaluate.EvaluatorsFailed, match="drawdown: ZeroDivisionError: no peak"):
        price("100", 0)
    assert list_open() == ["Fall", TITLE], "what is not known stays as it is"


@pytest.fixture
def staff(db: None) -> list[User]:
    """Three of the staff; the last one may not operate alerts."""
    people = [User.objects.create_user(name, is_staff=True) for name in ("olga", "omar", "otto")]
    right = Permission.objects.get(codename="operate_alerts")
    for person in people[:2]:
        person.user_permissions.add(right)
    return people


def test_operators_share_an_alert_and_settle_it_for_all(
    staff: list[User], user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = make_rule(None, "job_failed", cooldown_seconds=60, clear_seconds=0)
    failing = [True]

    def find(batch: RuleBatch) -> Evaluation:
        found = Finding(rule_id=rule.pk, subject="job:1", title="Job failed: Prune")
        return Evaluation([found] if failing[0] else [])

    monkeypatch.setitem(
        registry.KINDS,
        "job_failed",
        registry.RuleKind(label="Job failed", evaluate=find, is_operators=True),
    )
    evaluate_at(0)
    copies = Alert.objects.order_by("user_id")
    assert [copy.user_id for copy in copies] == [staff[0].pk, staff[1].pk]
    alerts.acknowledge(copies[0].pk, user_id=staff[0].pk, by="olga", now=NOON)
    assert [copy.acknowledged_by for copy in copies.all()] == ["olga", "olga"]
    with pytest.raises(Alert.DoesNotExist):
        alerts.resolve(copies[0].pk, user_id=user.pk, by="ada", now=NOON)
    staff[2].user_permissions.add(Permission.objects.get(codename="operate_alerts"))
    evaluate_at(1)
    assert copies.all().count() == 3, "a new colleague gets a copy"
    alerts.resolve(copies[0].pk, user_id=staff[0].pk, by="olga", now=NOON)
    assert list_open() == []
    evaluate_at(61)
    failing[0] = False
    assert evaluate_at(62) == []


def test_a_default_rule_is_switched_off_and_not_deleted(user: User) -> None:
    rule = make_rule(None, "job_failed", is_default=True)
    with pytest.raises(actions.RuleRefused, match="Switch it off"):
        actions.delete_rule(OPERATORS, rule.pk, now=NOON)


def test_a_user_has_a_hundred_rules_at_most(user: User, traded: None) -> None:
    AlertRule.objects.bulk_create(
        AlertRule(user=user, kind="order_filled", name="x", active_since=NOON, created_at=NOON)
        for _ in range(actions.MOST_RULES)
    )
    with pytest.raises(actions.RuleRefused, match="100 rules"):
        make_rule(user, "order_filled")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_raise_once(rule: AlertRule) -> None:
    publish_price("100", at=NOON)
    barrier = threading.Barrier(4)

    def work() -> None:
        try:
            barrier.wait()
            evaluate.evaluate_rules(now=NOON)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert list_open() == [TITLE]
    assert Event.objects.filter(type="alert").count() == 1


def test_a_trial_says_why_and_raises_nothing(rule: AlertRule) -> None:
    assert find_subjects(rule) == []
    assert "no price" in evaluate.try_rule(rule, now=NOON).reasons[rule.pk]
    publish_price("100", at=timezone.now())
    assert find_subjects(rule) == [BTC]
    reason = evaluate.try_rule(rule, now=NOON).reasons[rule.pk]
    assert reason == f"{BTC} is at 100; the rule waits for above 100."
    assert list_open() == []
