"""One sees where one is signed in, and ends any of it or all."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.users.conftest import PASSWORD, Post
from users.models import ApiSignIn, EndedSignIn, User
from users.sessions import activity
from users.sessions.device import describe_device
from users.tasks import prune_expired

FORM = {"login": "ada", "password": PASSWORD}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def open_browser(user_agent: str = FIREFOX) -> Client:
    browser = Client(headers={"User-Agent": user_agent})
    assert browser.post("/sign-in/", FORM).status_code == 302
    return browser


def is_signed_in(browser: Client, access: str = "") -> bool:
    headers = {"Authorization": f"Bearer {access}"} if access else {}
    return browser.get("/api/v1/me/", headers=headers).status_code == 200


def list_by_api(browser: Client, access: str = "") -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {access}"} if access else {}
    return list(browser.get("/api/v1/sessions/", headers=headers).json())


@pytest.fixture(autouse=True)
def _noted_anew(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    monkeypatch.setattr(activity, "_noted", {})


def test_the_page_lists_browsers_and_programs(pair: dict[str, str]) -> None:
    here, _phone = open_browser(), open_browser(PHONE)
    page = here.get("/sessions/").content.decode()
    assert "Firefox on Windows" in page
    assert "Safari on iPhone" in page
    assert page.count("this one") == 1
    assert "by API" in page


def test_the_api_lists_the_same_and_marks_the_one_that_asks(pair: dict[str, str]) -> None:
    browser = open_browser()
    rows = list_by_api(Client(), pair["access"])
    assert [(row["kind"], row["is_current"]) for row in rows] == [
        ("program", True),
        ("browser", False),
    ]
    assert [row["is_current"] for row in list_by_api(browser)] == [True, False]
    assert rows[1]["device"] == "Firefox on Windows"
    assert rows[1]["address"] == "127.0.0.1"


def test_nobody_sees_or_ends_anothers(pair: dict[str, str], other_user: User) -> None:
    browser, stranger = open_browser(), Client()
    stranger.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    for row in list_by_api(browser):
        assert stranger.delete(f"/api/v1/sessions/{row['id']}/").status_code == 404
        stranger.post(f"/sessions/{row['id']}/end/")
    assert len(list_by_api(browser)) == 2
    assert {row["is_current"] for row in list_by_api(stranger)} == {True}


@pytest.mark.parametrize("name", ["browser-" + "9" * 5000, "program-%00", "tea"], ids=len)
def test_what_is_no_session_cannot_be_ended(pair: dict[str, str], name: str) -> None:
    browser = open_browser()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert browser.delete(f"/api/v1/sessions/{name}/", headers=headers).status_code == 404
    assert browser.post(f"/sessions/{name}/end/")["Location"] == "/sessions/"


def test_one_browser_is_signed_out_from_another(client: Client) -> None:
    here, there = open_browser(), open_browser(PHONE)
    row = next(row for row in list_by_api(here) if not row["is_current"])
    for expected in ("Signed out there.", "has ended already"):
        page = here.post(f"/sessions/{row['id']}/end/", follow=True).content.decode()
        assert expected in page
    assert not is_signed_in(there)
    assert is_signed_in(here)


def test_a_program_is_signed_out_with_all_its_tokens(pair: dict[str, str], post: Post) -> None:
    browser = open_browser()
    renewed = post("token/refresh", refresh=pair["refresh"]).json()
    row = next(row for row in list_by_api(browser) if row["kind"] == "program")
    assert browser.delete(f"/api/v1/sessions/{row['id']}/").status_code == 204
    assert not is_signed_in(Client(), renewed["access"])
    assert post("token/refresh", refresh=renewed["refresh"]).status_code == 401
    assert [row["kind"] for row in list_by_api(browser)] == ["browser"]


def test_signing_out_everywhere_ends_everything(pair: dict[str, str], post: Post) -> None:
    here, there = open_browser(), open_browser(PHONE)
    assert here.post("/sessions/end-all/")["Location"] == "/sign-in/"
    assert not is_signed_in(here)
    assert not is_signed_in(there)
    assert not is_signed_in(Client(), pair["access"])
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401


def test_signing_out_everywhere_else_keeps_this_one(pair: dict[str, str]) -> None:
    here, there = open_browser(), open_browser(PHONE)
    here.post("/sessions/end-all/", {"keep": "this"})
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert not is_signed_in(Client(), pair["access"])


def test_by_api_a_program_may_keep_itself(pair: dict[str, str]) -> None:
    browser, program = open_browser(), Client()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    path = "/api/v1/sessions/sign-out-everywhere/"
    body: dict[str, Any] = {"keep_this": True}
    answer = program.post(path, body, content_type="application/json", headers=headers)
    assert answer.status_code == 204
    assert not is_signed_in(browser)
    assert is_signed_in(program, pair["access"])
    body = {"keep_thsi": True}
    answer = program.post(path, body, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    program.post(path, {}, content_type="application/json", headers=headers)
    assert not is_signed_in(program, pair["access"])


def test_others_stay_signed_in(other_user: User) -> None:
    stranger = Client()
    stranger.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    open_browser().post("/sessions/end-all/")
    assert is_signed_in(stranger)


def test_a_session_from_before_the_list_appears_when_it_is_used(client: Client, ada: User) -> None:
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    assert not UserSession.objects.exists()
    client.get("/preferences/")
    assert UserSession.objects.get().session_key == client.session.session_key


def test_its_use_is_noted_a_few_times_an_hour_only(
    client: Client, django_assert_num_queries: Any
) -> None:
    browser = open_browser()
    browser.get("/preferences/")
    noted = UserSession.objects.get().last_seen_at
    browser.get("/preferences/")
    assert UserSession.objects.get().last_seen_at == noted
    activity._noted.clear()
    browser.get("/preferences/")
    assert UserSession.objects.get().last_seen_at > noted


def test_made_up_cookies_fill_nothing(client: Client, db: None) -> None:
    client.cookies["sessionid"] = "x" * 32
    client.get("/sign-in/")
    client.get("/preferences/")
    assert not activity._noted
    assert not UserSession.objects.exists()


def test_what_is_over_is_pruned(pair: dict[str, str], post: Post) -> None:
    open_browser()
    Session.objects.all().delete()
    ApiSignIn.objects.update(expires_at="2020-01-01T00:00Z")
    prune_expired()
    assert not UserSession.objects.exists()
    assert not ApiSignIn.objects.exists()
    assert not EndedSignIn.objects.exists()


def test_a_script_that_signs_in_all_the_time_does_not_fill_the_page(
    ada: User, pair: dict[str, str]
) -> None:
    now = timezone.now()
    many = [
        ApiSignIn(sid=f"{n:032}", user=ada, last_seen_at=now, expires_at=now + timedelta(days=1))
        for n in range(1000)
    ]
    ApiSignIn.objects.bulk_create(many)
    browser = open_browser()
    assert len(list_by_api(browser)) == 101
    assert "Only the latest are listed" in browser.get("/sessions/").content.decode()


def test_the_page_works_without_a_script(client: Client) -> None:
    page = open_browser().get("/sessions/").content.decode()
    assert re.search(r'<form[^>]+action="/sessions/end-all/"', page)
    assert "UTC</time>" in page


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Linux"),
        ("python-httpx/0.27 (more)", "python-httpx/0.27"),
        ("", "Unknown"),
        ("<script>" * 30, ("<script>" * 30)[:60]),
    ],
)
def test_a_device_has_a_plain_name(user_agent: str, device: str) -> None:
    assert describe_device(user_agent) == device
