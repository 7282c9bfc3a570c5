"""Who may call what by API: every operation as each of five people, compared with docs/roles.md.

ROLES_WRITE=1 writes the table anew; look at what changed before you commit it.
"""

import os
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.db import transaction
from rest_framework.test import APIClient

from tests.config.api.conftest import OPERATIONS, ApiOperation, make_address
from tests.config.api.roles.conftest import COLUMNS, write_table
from users.models import User
from users.tokens import RefreshToken

DOCUMENT = Path(django_settings.BASE_DIR, "docs", "roles.md")
SNAPSHOT = "GET /snapshot/"  # takes a transaction of its own
SIGNS_IN = "POST /auth/"
INTRODUCTION = """\
# Who may call what

Every operation of the API as each of five people. `make test` calls them all and compares.
`ROLES_WRITE=1 .venv/bin/python -m pytest tests/config/api/roles` writes the table.

The rows in question belong to the *trader*. *Staff* have no permission in the admin; an *operator*
has all of them.

| word | means |
|---|---|
| yes | let in: what happens then depends on the request |
| 401 | sign in first |
| 403 | not allowed |
| 404 | there is no such row, as far as this person can tell |

[Pages](page-roles.md) have a table of their own.

"""


def sign_in_client(person: User | None) -> APIClient:
    client = APIClient(raise_request_exception=False)
    if person is not None:
        token: Any = RefreshToken.for_user(person).access_token
        client.force_authenticate(person, token)
    return client


def call_with(client: APIClient, operation: ApiOperation, rows: dict[str, Any]) -> str:
    """Return the word of the table for this answer, and undo what the call did."""
    client.cookies.clear()
    with transaction.atomic():
        answer = getattr(client, operation.method)(make_address(operation, rows))
        transaction.set_rollback(True)
    assert answer.status_code != 500, operation
    return str(answer.status_code) if answer.status_code in (401, 403, 404) else "yes"


def build_table(people: dict[str, User | None], rows: dict[str, Any]) -> dict[str, list[str]]:
    clients = [sign_in_client(person) for person in people.values()]
    return {
        str(operation): [call_with(client, operation, rows) for client in clients]
        for operation in OPERATIONS
        if str(operation) != SNAPSHOT
    }


def test_the_document_says_what_each_person_gets(
    people: dict[str, User | None], targets: dict[str, Any]
) -> None:
    table = build_table(people, targets)
    table[SNAPSHOT] = ["401", "yes", "yes", "yes", "yes"]  # tried in test_roles
    text = INTRODUCTION + write_table("operation", table)
    if os.environ.get("ROLES_WRITE"):
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text
    for name, words in table.items():
        check_rules(name, dict(zip(COLUMNS, words, strict=True)))


def check_rules(name: str, words: dict[str, str]) -> None:
    """Assert what must be so whatever the document says."""
    assert words["anonymous"] == ("yes" if name.startswith(SIGNS_IN) else "401"), name
    if "{" in name and words["trader"] == "yes":  # a row of the trader's
        assert words["other trader"] == words["staff"] == words["operator"] == "404", name
    if words["other trader"] == "403":  # for operators
        assert words["trader"] == "403", name
        assert words["staff"] == "403", name
