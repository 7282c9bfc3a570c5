"""Alert rules by API: added, tried, changed and deleted by their owner alone."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from operations.alerts.evaluators.registry import KINDS, OPERATOR_KINDS, USER_KINDS
from operations.models import Alert, AlertRule
from tests.operations.alerts.conftest import evaluate_at, make_rule
from tests.operations.conftest import Ask
from users.models import User


@pytest.fixture
def operator(db: None) -> User:
    person = User.objects.create_user("olga", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="operate_alerts"))
    return person


def test_a_rule_is_added_tried_changed_and_deleted(ask: Ask, user: User) -> None:
    body: dict[str, Any] = {"kind": "order_stuck", "conditions": {"seconds": 30}}
    added = ask(user, "POST", "alert-rules/", body)
    assert added.status_code == 201
    rule = added.json()
    assert rule["name"] == "Order not confirmed by its venue"
    assert rule["conditions"] == {"seconds": 30, "bot": None}
    assert (rule["is_active"], rule["is_default"], rule["cooldown_seconds"]) == (True, False, 300)
    path = f"alert-rules/{rule['id']}/"
    assert ask(user, "POST", f"{path}test/").json() == {
        "fires": False,
        "known": True,
        "reason": "No order.",
        "findings": [],
    }
    changed = ask(user, "PATCH", path, {"conditions": {"seconds": 60}, "is_active": False}).json()
    assert (changed["conditions"]["seconds"], changed["is_active"]) == (60, False)
    assert ask(user, "DELETE", path).status_code == 204
    assert ask(user, "GET", "alert-rules/").json()["results"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "job_failed"}, "kind"),
        ({"kind": "nothing"}, "kind"),
        ({"kind": "order_stuck", "conditions": {"minutes": 5}}, "minutes"),
        ({"kind": "order_stuck", "conditions": {"seconds": 0}}, "seconds"),
        ({"kind": "order_stuck", "conditions": {"seconds": 4.5}}, "seconds"),
        ({"kind": "order_stuck", "conditions": {"seconds": "٤"}}, "seconds"),
        ({"kind": "order_stuck", "conditions": {"bot": 1}}, "bot"),
        ({"kind": "order_stuck", "conditions": {"bot": [1]}}, "bot"),
        ({"kind": "order_stuck", "conditions": []}, "conditions"),
        ({"kind": "order_stuck", "color": "red"}, "color"),
        ({"kind": "price_above", "conditions": {"value": "1"}}, "instrument"),
        ({"kind": "price_above", "conditions": {"instrument": "x", "value": "1"}}, "instrument"),
        ({"kind": "drawdown", "conditions": {"percent": 5.5}}, "percent"),
        ({"kind": "drawdown", "conditions": {"percent": "1e-900"}}, "percent"),
        ({"kind": "drawdown", "conditions": {"percent": "5", "clear": "6"}}, "clear"),
        ({"kind": "pnl_below", "conditions": {"value": "-5", "clear": "-6"}}, "clear"),
        ({"kind": "pnl_below", "conditions": {"value": "-5", "measure": ["day"]}}, "measure"),
        ({"kind": "pnl_below", "conditions": {"value": "--5"}}, "value"),
        ({"kind": "pnl_below", "conditions": {"value": "-5", "simulated": 1}}, "simulated"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    ask: Ask, user: User, body: Any, field: str
) -> None:
    for path in ("alert-rules/", "alert-rules/test-draft/"):
        refused = ask(user, "POST", path, body)
        assert refused.status_code == 400, refused.content
        assert f'"{field}"' in refused.content.decode()
    assert not AlertRule.objects.exists()


def test_each_kind_is_described_and_can_be_tried(ask: Ask, user: User, operator: User) -> None:
    own = ask(user, "GET", "alert-rules/kinds/").json()
    assert [kind["kind"] for kind in own] == list(USER_KINDS)
    shared = ask(operator, "GET", "monitoring/rules/kinds/").json()
    assert [kind["kind"] for kind in shared] == list(OPERATOR_KINDS)
    given = {"percent": "5", "value": "1"}
    for kind in [*own, *shared]:
        names = {each["name"] for each in kind["conditions"]}
        if "instrument" in names:
            continue
        body = {"kind": kind["kind"], "conditions": {n: given[n] for n in given if n in names}}
        is_shared = KINDS[kind["kind"]].is_operators
        path = "monitoring/rules/test-draft/" if is_shared else "alert-rules/test-draft/"
        tried = ask(operator if is_shared else user, "POST", path, body)
        assert tried.status_code == 200, tried.content
        assert tried.json()["reason"], kind


def test_rules_and_alerts_of_others_are_out_of_reach(
    ask: Ask, user: User, other_user: User, operator: User
) -> None:
    rule = make_rule(user, "order_filled")
    shared = make_rule(None, "job_failed")
    alert = Alert.objects.create(user=user, name="rule:1:x", title="x", began_at=timezone.now())
    for path, method in (
        (f"alert-rules/{rule.pk}/", "GET"),
        (f"alert-rules/{rule.pk}/", "PATCH"),
        (f"alert-rules/{rule.pk}/", "DELETE"),
        (f"alert-rules/{rule.pk}/test/", "POST"),
        (f"alerts/{alert.pk}/acknowledge/", "POST"),
        (f"alerts/{alert.pk}/resolve/", "POST"),
        (f"alerts/{alert.pk}/history/", "GET"),
        (f"alert-rules/{shared.pk}/", "GET"),
    ):
        assert ask(other_user, method, path, {}).status_code == 404, path
        assert ask(operator, method, path, {}).status_code == 404, path
    for path in ("alerts/", "rules/", "rules/kinds/"):
        assert ask(user, "GET", f"monitoring/{path}").status_code == 403
        assert ask(operator, "GET", f"monitoring/{path}").status_code == 200


def test_an_alert_is_settled_by_api(ask: Ask, user: User) -> None:
    make_rule(user, "order_filled")
    alert = Alert.objects.create(user=user, name="x", title="x", began_at=timezone.now())
    path = f"alerts/{alert.pk}/"
    seen = ask(user, "POST", f"{path}acknowledge/", {"note": "mine"}).json()
    assert (seen["acknowledged_by"], seen["note"], seen["ended_at"]) == ("ada", "mine", None)
    assert ask(user, "GET", "alerts/?unacknowledged=true").json()["results"] == []
    ended = ask(user, "POST", f"{path}resolve/", {}).json()
    assert ended["ended_by"] == "ada"
    steps = ask(user, "GET", f"{path}history/").json()
    assert [(row["step"], row["by"], row["note"]) for row in steps] == [
        ("acknowledged", "ada", "mine"),
        ("resolved", "ada", ""),
    ]
    assert evaluate_at(0) == []
