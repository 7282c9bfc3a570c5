"""Who may open what: every page of ours and every list of the admin, as each of five people.

ROLES_WRITE=1 writes docs/page-roles.md anew; look at what changed before you commit it.
"""

import os
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.config.api.roles.conftest import COLUMNS, write_table
from tests.conftest import sign_in
from users.models import User

DOCUMENT = Path(django_settings.BASE_DIR, "docs", "page-roles.md")
OURS = ("bots.", "exchanges.", "operations.", "orders.", "users.")
# Pages for everybody: the link of an invitation, and the path back to a sign-in.
PUBLIC = {"invitation/<str:token>/", "sign-in/again/", "status/"}
# The hook's secret and the collector's address decide here, not a session.
NO_PAGES = {"hook", "metrics", None}
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>[^/]*\)")
INTRODUCTION = """\
# Who may open what

Every page and every list of the admin as each of five people; see [Who may call what](roles.md).
`ROLES_WRITE=1 .venv/bin/python -m pytest tests/config/api/roles` writes the table. A page that
takes no GET is posted to, without fields. Ending a session or an API token that is another's
does nothing, and answers as if it had ended before.

| word | means |
|---|---|
| yes | let in: what happens then depends on the request |
| sign in | sent to the page for signing in |
| 403 | not allowed |
| 404 | there is no such row, as far as this person can tell |

"""


def list_pages(patterns: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from list_pages(pattern.url_patterns, route)
        elif is_page(route, pattern):
            yield route, pattern


def is_page(route: str, pattern: URLPattern) -> bool:
    is_ours = pattern.lookup_str.startswith(OURS) and not route.startswith(("api/", "admin/"))
    return is_ours and pattern.name not in NO_PAGES


def fill_parts(rows: dict[str, Any]) -> dict[str, Any]:
    kinds = {
        **{"key_id": "keys", "order_id": "orders", "bot_id": "bots", "signal_id": "signals"},
        **{"grant_id": "grants", "way_id": "ways", "message_id": "outbox", "pk": "api-tokens"},
        **{"notification_id": "notifications", "alert_id": "alerts", "job_id": "jobs"},
        **{"rule_id": "alert-rules", "backtest_id": "backtests"},
        "report_id": "reports",
    }
    texts = {"row_id": "none", "token": "none", "act": "pause", "kind": "order_filled"}
    texts |= {"name": "binance.spot:BTC/USDT", "change": "sign-out", "turn": "call-off"}
    texts |= {"ending": "csv"}
    texts |= {"backup": "fillwatch-20260101T000000Z.dump"}
    missing = {"scenario_id": 0, "user_id": User.objects.get(username="ada").pk}
    return {part: rows[kind] for part, kind in kinds.items()} | texts | missing


def list_addresses(rows: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each page's pattern, and an address of it."""
    values = fill_parts(rows)
    for route, pattern in list_pages(get_resolver().url_patterns):
        parts = {name: values[name] for name in pattern.pattern.regex.groupindex}
        parts |= {name: values[name] for name in pattern.pattern.converters}
        yield clean_route(route), reverse(str(pattern.name), kwargs=parts)
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        path = reverse(f"admin:{name}_changelist")
        yield path.removeprefix("/"), path


def clean_route(route: str) -> str:
    """Return a route without the signs of regular expressions, also those within a prefix."""
    return NAMED_GROUP.sub(r"<\1>", route).strip("^$").replace("/^", "/")


class Visitor:
    """A person's browser: it stays signed in, whatever the page that was opened does."""

    def __init__(self, person: User | None) -> None:
        self.client = Client(raise_request_exception=False)
        if person is not None:
            sign_in(self.client, person)
        self.cookies = self.client.cookies.output()

    def open_page(self, path: str) -> str:
        """Return the word of the table for this page, and undo what opening it did."""
        self.client.cookies = SimpleCookie(self.cookies.replace("Set-Cookie: ", ""))
        with transaction.atomic():
            answer = self.client.get(path)
            if answer.status_code == 405:
                answer = self.client.post(path)
            transaction.set_rollback(True)
        return name_answer(answer, path)


def name_answer(answer: Any, path: str) -> str:
    assert answer.status_code != 500, path
    if answer.status_code in (301, 302) and "/sign-in/?" in answer["Location"]:
        return "sign in"
    if answer.status_code in (301, 302) and "/admin/login/" in answer["Location"]:
        return "sign in"
    return str(answer.status_code) if answer.status_code in (401, 403, 404) else "yes"


def test_the_document_says_what_each_person_gets(
    people: dict[str, User | None], targets: dict[str, Any]
) -> None:
    visitors = [Visitor(person) for person in people.values()]
    table = {
        route: [visitor.open_page(path) for visitor in visitors]
        for route, path in list_addresses(targets)
    }
    text = INTRODUCTION + write_table("page", table)
    if os.environ.get("ROLES_WRITE"):
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text
    for route, words in table.items():
        check_rules(route, dict(zip(COLUMNS, words, strict=True)))


def check_rules(route: str, words: dict[str, str]) -> None:
    """Assert what must be so whatever the document says."""
    if route in PUBLIC:
        return
    assert words["anonymous"] == "sign in", route
    if route.startswith("admin/"):
        assert words["trader"] == words["other trader"] == "sign in", route
        assert (words["staff"], words["operator"]) == ("403", "yes"), route
    elif (
        "int:" in route and "api-tokens" not in route and words["trader"] == "yes"
    ):  # a row of the trader's
        assert words["other trader"] == words["staff"] == words["operator"] == "404", route
