"""Requests that Schemathesis makes up from the OpenAPI document, as each kind of user.

The document must list every status that is answered (500 is in no list), and the shape of every
answer. `make fuzz` tries more: FUZZ_EXAMPLES requests of each kind, all values at the limits, and
sequences of requests; with FUZZ_PATHS, a regular expression, of these paths alone.
"""

import os
from typing import Any

import pytest
from rest_framework.throttling import SimpleRateThrottle

from tests.config.api.fuzzing.engine import FuzzPlan, FuzzReport, fuzz_api
from tests.config.api.own_rows import create_own_rows
from tests.conftest import create_user
from users.models import User

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
PATHS = os.environ.get("FUZZ_PATHS", "")
ROLES = ("anonymous", "trader", "operator")
# The snapshot begins a transaction of its own; the newest log lines are waited for up to 10 s.
LEFT_OUT = r"^/api/v1/(snapshot|monitoring/logs)/"


@pytest.fixture
def no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda *_: True)


@pytest.fixture
def rows_of_all(
    operator: User, rows: dict[str, int], hidden_rows: dict[str, int], no_throttle: None
) -> dict[str, Any]:
    own = create_own_rows(operator, rows, member=create_user("bob"))
    return {**rows, "fills": hidden_rows["fills"], **own}


def find_user(role: str, operator: User) -> User | None:
    if role == "trader":  # who owns the rows, so that they can be reached
        operator.is_staff = operator.is_superuser = False
        operator.save()
    return None if role == "anonymous" else operator


def assert_sound(report: FuzzReport, *, least_calls: int) -> None:
    assert report.failures == [], "\n".join(report.failures[:20])
    assert report.calls >= (1 if PATHS else least_calls)


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_answers_as_documented(
    role: str, operator: User, rows_of_all: dict[str, Any]
) -> None:
    plan = FuzzPlan(
        ("examples", "fuzzing"), max_examples=EXAMPLES or 2, leave_out=LEFT_OUT, only=PATHS
    )
    report = fuzz_api(find_user(role, operator), rows_of_all, plan)
    assert_sound(report, least_calls=250)
    if role == "anonymous":
        found = {status for statuses in report.statuses.values() for status in statuses}
        assert found <= {400, 401, 404}  # 404: no such path
    elif not PATHS:
        reached = [name for name, found in report.statuses.items() if found & {200, 201, 202, 204}]
        assert len(reached) > 60


SOME_PATHS = {
    "anonymous": "^/api/v1/auth/",
    "trader": "^/api/v1/(bots|keys|orders|signals)/",
    "operator": "^/api/v1/(market-control|monitoring|scheduler)/",
}


@pytest.mark.parametrize("role", ROLES)
def test_values_at_the_limits_are_answered_as_documented(
    role: str, operator: User, rows_of_all: dict[str, Any]
) -> None:
    only = PATHS or ("" if EXAMPLES else SOME_PATHS[role])
    plan = FuzzPlan(("coverage",), max_examples=EXAMPLES, leave_out=LEFT_OUT, only=only)
    report = fuzz_api(find_user(role, operator), rows_of_all, plan)
    assert_sound(report, least_calls=50)


@pytest.mark.parametrize("role", ["trader", "operator"])
def test_sequences_of_requests_are_answered_as_documented(
    role: str, operator: User, rows_of_all: dict[str, Any]
) -> None:
    plan = FuzzPlan(("stateful",), max_examples=EXAMPLES or 3, leave_out=LEFT_OUT, only=PATHS)
    report = fuzz_api(find_user(role, operator), rows_of_all, plan)
    assert_sound(report, least_calls=5)
