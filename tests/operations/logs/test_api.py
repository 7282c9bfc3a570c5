"""The log viewer's API: who may read, what it filters, and how it is followed."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.conftest import sign_in
from users.models import User

PATH = "/api/v1/monitoring/logs/"


@pytest.fixture
def log(tmp_path: Path, settings: Any) -> Any:
    settings.LOG_FOLDER = str(tmp_path)
    file = tmp_path / "web.1.1.jsonl"

    def add(second: int, event: str, **fields: Any) -> None:
        line = {"timestamp": f"2026-01-01T00:00:{second:02}Z", "level": "info", "event": event}
        with file.open("a") as lines:
            lines.write(json.dumps(line | {"service": "web"} | fields) + "\n")

    return add


@pytest.fixture
def clerk(db: None, client: Client) -> User:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_servicelog"))
    sign_in(client, clerk)
    return clerk


def test_only_staff_with_the_permission_read(client: Client, log: Any, user: User) -> None:
    assert client.get(PATH).status_code == 401
    sign_in(client, user)
    assert client.get(PATH).status_code == 403
    user.is_staff = True
    user.save()
    assert (
        client.get(PATH).json()["detail"] == "This needs the permission operations.view_servicelog."
    )


def test_lines_are_filtered_and_followed(client: Client, log: Any, clerk: User) -> None:
    assert client.get(PATH).json() == {"services": [], "complete": True, "lines": []}
    log(1, "order placed", order=17)
    log(2, "order refused", level="warning")
    answer = client.get(PATH).json()
    assert [line["event"] for line in answer["lines"]] == ["order placed", "order refused"]
    assert answer["services"] == ["web"]
    for query, count in {
        "level=warning": 1,
        "q=placed": 1,
        "order=17": 1,
        "user=4": 0,
        "service=worker": 0,
        "since=2026-01-01T00:00:02Z": 1,
        "until=2026-01-01T00:00:02Z": 1,
        "limit=1": 1,
    }.items():
        assert len(client.get(f"{PATH}?{query}").json()["lines"]) == count, query
    last = answer["lines"][-1]["id"]
    assert client.get(PATH, {"after": last, "wait": "0"}).json()["lines"] == []
    log(3, "order filled")
    found = client.get(PATH, {"after": last, "wait": "10"}).json()["lines"]
    assert [line["event"] for line in found] == ["order filled"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "level=loud", "service=../x", "order=x", "wait=11", "x=1"]
)
def test_what_makes_no_sense_is_refused(client: Client, log: Any, clerk: User, query: str) -> None:
    assert client.get(f"{PATH}?{query}").status_code == 400
