"""`manage.py reports` lists and makes reports, and says before what it would make."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from operations.models import Notification, PeriodReport
from tests.bots.pnl.fills import create_key
from users.models import User


def run(*arguments: str) -> list[dict[str, Any]]:
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("reports", *arguments, "--json", stdout=out)
    assert end.value.code == 0
    rows: list[dict[str, Any]] = json.loads(out.getvalue())
    return rows


def test_what_a_dry_run_lists_is_made(db: None, user: User) -> None:
    joined = timezone.now() - timedelta(days=30)
    User.objects.filter(pk=user.pk).update(date_joined=joined)
    create_key(user)
    assert [row["owner"] for row in run("make", "--kind=daily", "--dry-run")] == [
        "operators",
        "ada",
    ]
    assert not PeriodReport.objects.exists()
    assert run("make", "--kind=daily") == [{"result": "made: 2"}]
    assert run("make", "--kind=daily", "--dry-run") == run("make", "--kind=daily") == []
    assert Notification.objects.filter(user=user).count() == 1

    day = (joined + timedelta(days=3)).date().isoformat()
    one = ("make", "--kind=weekly", "--user=ada", f"--on={day}")
    assert run(*one, "--dry-run")[0]["result"] == "it would be made"
    made = run(*one)[0]
    assert (made["owner"], made["result"]) == ("ada", "made")
    assert run(*one)[0]["result"] == "it was there already"
    assert run(*one, "--dry-run")[0]["result"] == "it is there already"
    assert {row["id"] for row in run("list", "--user=ada")} >= {made["id"]}
    assert [row["owner"] for row in run("list", "--installation")] == ["operators"]
    assert Notification.objects.filter(user=user).count() == 1  # one made by hand is not told


@pytest.mark.parametrize(
    "arguments",
    [
        ("make",),
        ("make", "--kind=daily", "--user=nobody"),
        ("make", "--kind=daily", "--user=ada"),
        ("make", "--kind=daily", "--user=ada", "--on=2999-01-01"),
        ("make", "--kind=daily", "--on=2026-01-01"),
    ],
)
def test_what_cannot_be_made_ends_with_code_two(
    db: None, user: User, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("reports", *arguments)
    assert refused.value.returncode == 2
