"""`manage.py alerts` lists, acknowledges, resolves and tries, with exit codes."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from operations.models import Alert
from tests.operations.alerts.conftest import make_rule
from tests.orders.reports import NOON
from users.models import User


def run_command(*arguments: str) -> tuple[int, Any]:
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("alerts", *arguments, "--json", stdout=output)
    code = ended.value.code
    return int(code or 0), json.loads(output.getvalue())


def test_operators_settle_alerts_from_a_terminal(user: User, other_user: User) -> None:
    assert run_command() == (0, [])
    rule = make_rule(None, "job_failed")
    copies = [
        Alert.objects.create(user=each, rule=rule, name="rule:1:job:1", title="x", began_at=NOON)
        for each in (user, other_user)
    ]
    code, listed = run_command()
    assert (code, [row["id"] for row in listed]) == (1, [copies[0].pk])
    assert run_command("list", "--user", "bob")[1][0]["id"] == copies[1].pk
    run_command("ack", str(copies[1].pk), "--note", "on it")
    assert set(Alert.objects.values_list("acknowledged_by", "note")) == {("manage.py", "on it")}
    assert run_command("resolve", str(copies[0].pk))[1]["ended_by"] == "manage.py"
    assert run_command() == (0, [])


def test_a_rule_is_listed_and_tried(user: User) -> None:
    rule = make_rule(None, "job_failed")
    (row,) = run_command("rules")[1]
    assert (row["id"], row["kind"], row["active"]) == (rule.pk, "job_failed", True)
    code, tried = run_command("test", str(rule.pk))
    assert (code, tried["fires"], tried["known"]) == (0, False, True)
    with pytest.raises(CommandError, match="There is none") as refused:
        call_command("alerts", "test", "999999")
    assert refused.value.returncode == 2
