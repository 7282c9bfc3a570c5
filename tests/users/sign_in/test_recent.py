"""Keys are attached and secrets shown only to somebody who gave their password lately."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from bots.signals import hooks
from exchanges.models import ExchangeKey
from tests.conftest import sign_in
from tests.users.conftest import PASSWORD, NewCode, Post
from users.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"
KEY = {
    "label": "Main",
    "venue": "binance",
    "market": "spot",
    "api_key": "A" * 20,
    "secret": "a very secret thing",
}
LATER = 16 * 60
JSON: dict[str, Any] = {"content_type": "application/json"}
AttachByApi = Callable[..., Any]


@pytest.fixture
def attach_by_api(client: Client) -> AttachByApi:
    def attach(access: str = "") -> Any:
        headers = {"Authorization": f"Bearer {access}"} if access else {}
        return client.post("/api/v1/keys/", KEY, content_type="application/json", headers=headers)

    return attach


def test_a_key_is_attached_soon_after_signing_in(client: Client, ada: User) -> None:
    sign_in(client, ada)
    assert client.post("/keys/", KEY)["Location"] == "/keys/"
    assert ExchangeKey.objects.get().user == ada


def test_later_the_page_asks_for_the_password_first(client: Client, ada: User) -> None:
    client.force_login(ada, BACKEND)
    page = client.get("/keys/").content.decode()
    assert 'name="secret"' not in page
    answer = client.get("/confirm/?next=/keys/")
    assert answer["Location"] == "/confirm/password/?next=%2Fkeys%2F"
    answer = client.post(answer["Location"], {"password": PASSWORD})
    assert answer["Location"] == "/keys/"
    assert 'name="secret"' in client.get("/keys/").content.decode()


def test_a_form_that_was_open_too_long_attaches_nothing(client: Client, ada: User) -> None:
    client.force_login(ada, BACKEND)
    answer = client.post("/keys/", KEY)
    assert answer["Location"] == "/confirm/password/?next=%2Fkeys%2F"
    assert not ExchangeKey.objects.exists()


def test_what_was_posted_is_not_kept_in_the_session(client: Client, ada: User) -> None:
    client.force_login(ada, BACKEND)
    client.post("/keys/", KEY)
    assert KEY["secret"] not in str([row.get_decoded() for row in Session.objects.all()])


def test_a_wrong_password_confirms_nothing_and_counts(client: Client, ada: User) -> None:
    client.force_login(ada, BACKEND)
    statuses = [
        client.post("/confirm/password/", {"password": f"wrong {n}"}).status_code for n in range(5)
    ]
    assert statuses == [200, 200, 200, 200, 429]
    assert 'name="secret"' not in client.get("/keys/").content.decode()


def test_a_code_confirms_as_well(client: Client, ada: User, new_code: NewCode) -> None:
    client.force_login(ada, BACKEND)
    answer = client.post("/second-factor/reauthenticate/?next=/keys/", {"code": new_code()})
    assert answer["Location"] == "/keys/"
    assert 'name="secret"' in client.get("/keys/").content.decode()


def test_nobody_is_sent_elsewhere(client: Client, ada: User) -> None:
    client.force_login(ada, BACKEND)
    assert "evil" not in client.get("/confirm/?next=https://evil.example/")["Location"]
    address = "/confirm/password/?next=https://evil.example/"
    assert "evil" not in client.post(address, {"password": PASSWORD})["Location"]


def test_by_api_a_fresh_token_attaches(
    attach_by_api: AttachByApi, pair: dict[str, str], client: Client
) -> None:
    assert attach_by_api(pair["access"]).status_code == 201


def test_by_api_an_old_sign_in_does_not_though_renewed(
    attach_by_api: AttachByApi, pair: dict[str, str], post: Post
) -> None:
    with time_machine.travel(time.time() + LATER):
        renewed = post("token/refresh", refresh=pair["refresh"]).json()
        answer = attach_by_api(renewed["access"])
    assert (answer.status_code, answer.json()["code"]) == (403, "password_needed")
    assert not ExchangeKey.objects.exists()


def test_by_api_a_browsers_session_is_held_to_the_same(
    attach_by_api: AttachByApi, client: Client, ada: User
) -> None:
    client.force_login(ada, BACKEND)
    assert attach_by_api().status_code == 403
    sign_in(client, ada)
    assert attach_by_api().status_code == 201


def test_the_records_of_another_user_in_this_session_do_not_count(
    attach_by_api: AttachByApi, client: Client, ada: User, other_user: User
) -> None:
    sign_in(client, ada)
    session = client.session
    session["account_authentication_methods_user"] = str(other_user.pk)
    session.save()
    assert attach_by_api().status_code == 403


def test_the_hooks_secret_is_shown_to_the_same_people(client: Client, ada: User) -> None:
    secret = hooks.derive_secret(hooks.for_user(ada.pk))
    client.force_login(ada, BACKEND)
    assert client.post("/signals/hook/secret/")["Location"].startswith("/confirm/password/")
    assert client.get("/api/v1/hook/").json()["secret"] is None
    assert client.post("/api/v1/hook/rotate/", **JSON).json()["secret"] is None
    sign_in(client, ada)
    secret = hooks.derive_secret(hooks.for_user(ada.pk))
    assert secret in client.post("/signals/hook/secret/").content.decode()
    assert client.get("/api/v1/hook/").json()["secret"] == secret


def test_whoever_has_neither_password_nor_factor_signs_in_again(client: Client, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    client.force_login(ada, BACKEND)
    answer = client.get("/confirm/?next=/keys/", follow=True)
    assert "Sign out and in again" in answer.content.decode()
