"""Answers that no cache stores, and log lines without what people typed."""

import pytest
from django.test import Client, RequestFactory
from django.urls import ResolverMatch

from config.server.middleware import RequestLog
from users.models import User

PAGES = [
    *("/orders/", "/keys/", "/portfolio/", "/bots/", "/notifications/", "/preferences/"),
    *("/password/", "/api/v1/me/", "/api/v1/orders/", "/api/v1/keys/", "/admin/"),
]


@pytest.mark.parametrize("path", PAGES)
def test_no_cache_stores_what_is_somebodys(client: Client, staff_user: User, path: str) -> None:
    client.force_login(staff_user)
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/nothing/", "/api/v1/nothing/", "/orders/", "/api/v1/me/"])
def test_nor_a_refusal(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Cache-Control"] == "no-store"


def test_static_files_are_stored(client: Client, db: None) -> None:
    answer = client.get("/static/fillwatch/favicon.svg")
    assert answer.status_code == 200
    assert "no-store" not in answer["Cache-Control"]
    answer.close()


@pytest.mark.parametrize("path", ["/sign-in/", "/api/v1/orders/", "/nothing/"])
def test_query_strings_are_not_logged(
    client: Client, db: None, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level("DEBUG")
    client.get(path, {"next": "what-somebody-pasted"})
    assert f"GET {path}" in caplog.text
    assert "what-somebody-pasted" not in caplog.text


def test_secrets_of_an_address_are_not_logged(rf: RequestFactory) -> None:
    request = rf.get("/invitation/s3cret/7/")
    request.resolver_match = ResolverMatch(print, (), {"token": "s3cret", "number": 7})
    assert RequestLog.format_request(request) == "GET /invitation/…/7/"


def test_nor_in_the_line_of_a_refusal(db: None, caplog: pytest.LogCaptureFixture) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/invitation/s3cret/").status_code == 403
    assert "Forbidden" in caplog.text
    assert "s3cret" not in caplog.text


def test_nor_in_the_line_of_a_method_that_is_not_allowed(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.post("/invitation/s3cret/").status_code == 405
    assert "Method Not Allowed" in caplog.text
    assert "s3cret" not in caplog.text
