"""Five people, and the rows of one of them."""

from typing import Any

import pytest
from django.utils import timezone

from operations.models import AuditChange, HealthCheck
from tests.config.api.conftest import create_rows
from tests.config.api.own_rows import create_own_rows
from tests.conftest import create_user
from users.models import User

COLUMNS = ("anonymous", "trader", "other trader", "staff", "operator")


@pytest.fixture
def operator(db: None) -> User:
    """The trader who owns the rows: the fixture `rows` makes them for this user."""
    return create_user("ada")


@pytest.fixture
def rows(operator: User, impatient: None) -> dict[str, int]:
    return create_rows(operator)


@pytest.fixture
def people(operator: User) -> dict[str, User | None]:
    return {
        "anonymous": None,
        "trader": operator,
        "other trader": create_user("bob"),
        "staff": create_user("stan", is_staff=True),
        "operator": create_user("olga", is_staff=True, is_superuser=True),
    }


@pytest.fixture
def targets(operator: User, rows: dict[str, int], hidden_rows: dict[str, int]) -> dict[str, Any]:
    member = create_user("eve")
    HealthCheck.objects.create(service="redis", status="healthy", at=timezone.now())
    own = create_own_rows(operator, rows, member=member)
    change = AuditChange.objects.filter(owner_id=operator.pk).latest("pk").pk
    return {
        **{**rows, "fills": hidden_rows["fills"], **own},
        **{"services": "redis", "mine": change, "audit": change},
    }


def write_table(subject: str, table: dict[str, list[str]]) -> str:
    head = f"| {subject} | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}\n"
    lines = [f"| `{name}` | {' | '.join(words)} |\n" for name, words in sorted(table.items())]
    return head + "".join(lines)
