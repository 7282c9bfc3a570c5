"""Tokens: each refresh token works once, and none outlives its password or account."""

import threading
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from tests.users.conftest import PASSWORD, Post
from users.models import User
from users.tokens import RefreshToken


def may_enter(client: Client, access: str) -> bool:
    answer = client.get("/api/v1/keys/", headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def test_a_name_and_a_password_give_a_pair(client: Client, pair: dict[str, str]) -> None:
    assert pair.keys() == {"access", "refresh"}
    assert may_enter(client, pair["access"])


def test_signing_in_is_remembered(pair: dict[str, str], ada: User) -> None:
    ada.refresh_from_db()
    assert ada.last_login is not None


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_a_wrong_password_and_an_unknown_name_sound_the_same(
    ada: User, post: Post, name: str
) -> None:
    answer = post("token", username=name, password="wrong")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "This name and password do not fit."


def test_a_switched_off_account_gets_no_token(ada: User, post: Post) -> None:
    User.objects.update(is_active=False)
    assert post("token", username="ada", password=PASSWORD).status_code == 401


def test_a_refresh_gives_a_new_pair_and_uses_the_old_up(
    client: Client, pair: dict[str, str], post: Post
) -> None:
    renewed = post("token/refresh", refresh=pair["refresh"])
    assert renewed.status_code == 200
    assert renewed.json()["refresh"] != pair["refresh"]
    assert may_enter(client, renewed.json()["access"])

    again = post("token/refresh", refresh=pair["refresh"])
    assert again.status_code == 401
    assert again.json()["detail"] == "Token is blacklisted"


def test_the_renewed_token_can_be_renewed(pair: dict[str, str], post: Post) -> None:
    second = post("token/refresh", refresh=pair["refresh"]).json()
    assert post("token/refresh", refresh=second["refresh"]).status_code == 200


def test_giving_a_token_back_ends_it(pair: dict[str, str], post: Post) -> None:
    assert post("token/blacklist", refresh=pair["refresh"]).status_code == 200
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401
    assert post("token/blacklist", refresh=pair["refresh"]).status_code == 401


def test_signing_out_ends_every_token_of_that_sign_in_and_no_other(
    client: Client, pair: dict[str, str], post: Post
) -> None:
    other = post("token", username="ada", password=PASSWORD).json()
    renewed = post("token/refresh", refresh=pair["refresh"]).json()
    assert post("token/blacklist", refresh=renewed["refresh"]).status_code == 200
    assert not may_enter(client, pair["access"])
    assert not may_enter(client, renewed["access"])
    assert may_enter(client, other["access"])
    assert post("token/refresh", refresh=other["refresh"]).status_code == 200


def test_a_used_token_signs_out_as_well(client: Client, pair: dict[str, str], post: Post) -> None:
    renewed = post("token/refresh", refresh=pair["refresh"]).json()
    post("token/blacklist", refresh=pair["refresh"])
    assert not may_enter(client, renewed["access"])
    assert post("token/refresh", refresh=renewed["refresh"]).status_code == 401


def test_a_token_used_again_later_ends_the_sign_in(
    client: Client, pair: dict[str, str], post: Post
) -> None:
    renewed = post("token/refresh", refresh=pair["refresh"]).json()
    long_ago = timezone.now() - timedelta(seconds=11)
    BlacklistedToken.objects.update(blacklisted_at=long_ago)
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401
    assert not may_enter(client, renewed["access"])
    refused = post("token/refresh", refresh=renewed["refresh"])
    assert (refused.status_code, refused.json()["detail"]) == (401, "You signed out.")


def test_two_tabs_that_renew_at_once_stay_signed_in(
    client: Client, pair: dict[str, str], post: Post
) -> None:
    renewed = post("token/refresh", refresh=pair["refresh"]).json()
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401
    assert may_enter(client, renewed["access"])
    assert post("token/refresh", refresh=renewed["refresh"]).status_code == 200


def test_a_changed_password_ends_all_tokens(
    client: Client, pair: dict[str, str], ada: User, post: Post
) -> None:
    ada.set_password("something else 7")
    ada.save(update_fields=["password"])
    assert not may_enter(client, pair["access"])
    answer = post("token/refresh", refresh=pair["refresh"])
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "The password was changed: sign in again.",
    )


def test_a_switched_off_account_ends_all_tokens(
    client: Client, pair: dict[str, str], post: Post
) -> None:
    User.objects.update(is_active=False)
    assert not may_enter(client, pair["access"])
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401


def test_a_deleted_account_ends_all_tokens(
    client: Client, pair: dict[str, str], ada: User, post: Post
) -> None:
    ada.delete()
    assert not may_enter(client, pair["access"])
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401
    assert post("token/blacklist", refresh=pair["refresh"]).status_code == 200


def test_tokens_are_written_down_by_number_only(pair: dict[str, str], post: Post) -> None:
    post("token/refresh", refresh=pair["refresh"])
    sid = RefreshToken(cast(Any, pair["refresh"]), verify=False)["sid"]
    assert list(OutstandingToken.objects.values_list("token", flat=True)) == [sid, sid]


def test_an_access_token_refreshes_nothing(pair: dict[str, str], post: Post) -> None:
    assert post("token/refresh", refresh=pair["access"]).status_code == 401


def test_a_refresh_token_opens_nothing(client: Client, pair: dict[str, str]) -> None:
    assert not may_enter(client, pair["refresh"])


@pytest.mark.django_db(transaction=True)
def test_of_two_refreshes_at_once_one_wins(pair: dict[str, str]) -> None:
    start, answers = threading.Barrier(4), list[int]()

    def refresh() -> None:
        start.wait()
        body = {"refresh": pair["refresh"]}
        answer = Client().post("/api/v1/auth/token/refresh/", body, content_type="application/json")
        answers.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]


def send(client: Client, body: bytes, **more: Any) -> tuple[int, str]:
    more = {"content_type": "application/json", **more}
    answer = client.post("/api/v1/auth/token/", body, **more)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "This field is required."),
        (b"{", "JSON parse error"),
        (b"\xff\xfe", "JSON parse error"),
        (b"[]", "Expected a dictionary"),
        (b'"ada"', "Expected a dictionary"),
        (b"null", "No data provided"),
        (b'{"username": "ada"}', "This field is required."),
        (b'{"username": NaN, "password": "x"}', "JSON parse error"),
        (b'{"username": ["ada"], "password": "x"}', "Not a valid string."),
        (b'{"username": "a\\u0000", "password": "x"}', "Null characters are not allowed."),
        (b'{"username": "\\ud800", "password": "x"}', "a lone surrogate"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"username": "%s", "password": "x"}' % (b"a" * 200), "no more than 150 characters"),
        (b'{"username": "a", "password": "%s"}' % (b"a" * 2000), "no more than 1024 characters"),
    ],
)
def test_nonsense_is_refused_in_words(client: Client, db: None, body: bytes, words: str) -> None:
    status, answer = send(client, body)
    assert status == 400
    assert words in answer


def test_an_oversized_body_is_refused_in_words(client: Client, db: None) -> None:
    status, answer = send(client, b'{"username": "%s"}' % (b"a" * 300_000))
    assert (status, answer) == (413, '{"detail":"The body is larger than 256 KiB."}')


def test_only_json_is_read(client: Client, db: None) -> None:
    assert send(client, b"username=ada", content_type="text/plain")[0] == 415


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer nonsense", "Bearer é"])
def test_a_broken_header_is_nobody(client: Client, db: None, header: str) -> None:
    answer = client.get("/api/v1/keys/", headers={"Authorization": header})
    assert answer.status_code == 401
