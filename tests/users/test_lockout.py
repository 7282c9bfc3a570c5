"""Who guesses too often waits, at both doors, and is told for how long."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.settings import api_settings

from tests.users.conftest import PASSWORD, Post
from users.models import User

pytestmark = pytest.mark.usefixtures("ada")
LIMIT = 5


@pytest.fixture
def by_page(client: Client) -> Post:
    def send(username: str, password: str, **more: Any) -> Any:
        return client.post("/sign-in/", {"login": username, "password": password}, **more)

    return send


@pytest.fixture
def by_api(post: Post) -> Post:
    def send(username: str, password: str, **more: Any) -> Any:
        return post("token", username=username, password=password, **more)

    return send


def guess(door: Post, times: int, username: str = "ada") -> list[int]:
    return [door(username, f"wrong {n}").status_code for n in range(times)]


def test_five_guesses_by_api_lock_the_api(by_api: Post) -> None:
    assert guess(by_api, LIMIT) == [401, 401, 401, 401, 429]
    answer = by_api("ada", PASSWORD)
    assert answer.status_code == 429
    assert answer.json()["detail"].startswith("Too many failed sign-ins from here.")
    assert 890 < int(answer["Retry-After"]) <= 900


def test_five_guesses_by_page_lock_the_page(by_page: Post) -> None:
    assert guess(by_page, LIMIT) == [200, 200, 200, 200, 429]
    answer = by_page("ada", PASSWORD)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert 890 < int(answer["Retry-After"]) <= 900


def test_both_doors_share_the_count(by_page: Post, by_api: Post) -> None:
    assert guess(by_page, 3) == [200] * 3
    assert guess(by_api, 2) == [401, 429]
    assert by_page("ada", PASSWORD).status_code == 429


def test_the_admin_has_no_door_of_its_own(client: Client) -> None:
    answer = client.post("/admin/login/?next=/admin/", {"username": "ada", "password": PASSWORD})
    assert answer["Location"] == "/sign-in/?next=%2Fadmin%2F"
    assert "_auth_user_id" not in client.session


def test_another_name_is_not_locked(by_api: Post, other_user: User) -> None:
    guess(by_api, LIMIT)
    other_user.set_password(PASSWORD)
    other_user.save()
    assert by_api(other_user.username, PASSWORD).status_code == 200


def test_another_address_is_not_locked(client: Client, by_api: Post) -> None:
    guess(by_api, LIMIT)
    body = {"username": "ada", "password": PASSWORD}
    answer = client.post(
        "/api/v1/auth/token/", body, content_type="application/json", REMOTE_ADDR="10.0.0.9"
    )
    assert answer.status_code == 200


def test_a_made_up_header_does_not_escape(by_api: Post) -> None:
    statuses = [
        by_api("ada", "wrong", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(LIMIT)
    ]
    assert statuses[-1] == 429


def test_behind_a_proxy_the_proxys_word_counts(
    by_api: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    for n in range(LIMIT):
        by_api("ada", "wrong", headers={"X-Forwarded-For": f"{n}.{n}.{n}.{n}, 192.0.2.7"})
    assert AccessAttempt.objects.get().ip_address == "192.0.2.7"
    assert by_api("ada", PASSWORD, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 200


def test_trying_while_locked_does_not_prolong(by_api: Post) -> None:
    guess(by_api, LIMIT)
    nearly = timezone.now() - timedelta(minutes=14, seconds=30)
    AccessAttempt.objects.update(attempt_time=nearly)
    answer = by_api("ada", "wrong")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 30


def test_after_the_wait_the_door_opens(by_api: Post) -> None:
    guess(by_api, LIMIT)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert by_api("ada", PASSWORD).status_code == 200


@pytest.mark.parametrize("door", ["by_page", "by_api"])
def test_a_success_forgets_the_failures(
    request: pytest.FixtureRequest, by_api: Post, door: str
) -> None:
    guess(by_api, LIMIT - 1)
    assert request.getfixturevalue(door)("ada", PASSWORD).status_code in (200, 302)
    assert guess(by_api, LIMIT - 1) == [401] * 4


def test_what_was_guessed_is_not_written_down(by_page: Post, caplog: Any) -> None:
    by_page("ada", "my-other-password")
    row = AccessAttempt.objects.values().get()
    assert "my-other-password" not in str(row)
    assert "my-other-password" not in caplog.text


def test_the_limit_is_a_setting(by_api: Post, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    assert guess(by_api, 2) == [401, 429]


def test_the_token_door_is_throttled_for_everyone(post: Post) -> None:
    statuses = {post("token/refresh", refresh="nonsense").status_code for _ in range(70)}
    assert statuses == {401, 429}


@pytest.mark.parametrize("path", ["/sign-in/", "/api/v1/auth/token/"])
def test_an_address_signs_in_so_often_whatever_the_names(client: Client, path: str) -> None:
    def attempt(number: int, address: str) -> Any:
        body = {"username": f"name {number}", "password": "wrong"}
        return client.post(path, body, content_type="application/json", REMOTE_ADDR=address)

    statuses = [attempt(n, f"2001:db8::{n}").status_code for n in range(31)]
    assert statuses[-2:] == [statuses[0], 429]
    answer = attempt(99, "2001:db8::99")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert attempt(99, "2001:db8:0:1::99").status_code == statuses[0]


def test_all_doors_count_the_sign_ins_of_an_address_together(by_page: Post, by_api: Post) -> None:
    for number in range(15):
        by_page(f"name {number}", "wrong")
        by_api(f"name {number}", "wrong")
    assert by_page("ada", PASSWORD).status_code == 429
    assert by_api("ada", PASSWORD).status_code == 429


def test_the_names_that_were_tried_are_not_logged(
    by_page: Post, by_api: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for door in (by_page, by_api):
        guess(door, LIMIT, username="my-password-by-mistake")
    assert "sign-in locked" in caplog.text
    assert "my-password-by-mistake" not in caplog.text
