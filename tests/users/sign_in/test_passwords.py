"""A forgotten password is replaced by a link in one's mail, and everything else ends."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.conftest import sign_in
from tests.users.conftest import PASSWORD, NewCode, Post
from users.models import User

NEW = "something else 7"


def follow_link(client: Client) -> str:
    link = re.search(r"http://\S+(/password/reset/\S+)", str(mail.outbox[-1].body))
    assert link
    return str(client.get(link[1])["Location"])


@pytest.fixture
def ada_with_mail(ada: User) -> User:
    ada.email = "ada@example.org"
    ada.save()
    return ada


def test_the_link_sets_a_new_password_and_ends_all_sessions(
    client: Client, ada_with_mail: User, pair: dict[str, str], post: Post
) -> None:
    elsewhere = Client()
    sign_in(elsewhere, ada_with_mail)
    client.post("/password/reset/", {"email": "ada@example.org"})
    form = follow_link(client)
    answer = client.post(form, {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/password/reset/changed/"
    assert elsewhere.get("/api/v1/me/").status_code == 401
    assert post("token/refresh", refresh=pair["refresh"]).status_code == 401
    assert client.post("/sign-in/", {"login": "ada", "password": NEW})["Location"] == "/orders/"


def test_it_does_not_get_round_the_second_factor(
    client: Client, ada_with_mail: User, new_code: NewCode
) -> None:
    client.post("/password/reset/", {"email": "ada@example.org"})
    client.post(follow_link(client), {"password1": NEW, "password2": NEW})
    answer = client.post("/sign-in/", {"login": "ada", "password": NEW})
    assert answer["Location"] == "/second-factor/authenticate/"


def test_the_link_works_once(client: Client, ada_with_mail: User) -> None:
    client.post("/password/reset/", {"email": "ada@example.org"})
    form = follow_link(client)
    client.post(form, {"password1": NEW, "password2": NEW})
    again = client.get(form, follow=True).content.decode()
    assert "does not work any more" in again


def test_an_unknown_address_sounds_the_same_and_gets_nothing(client: Client, ada: User) -> None:
    answer = client.post("/password/reset/", {"email": "eve@example.org"})
    assert answer["Location"] == "/password/reset/sent/"
    assert not mail.outbox


def test_without_mail_there_is_no_such_page(client: Client, db: None, settings: Settings) -> None:
    settings.EMAIL_URL = ""
    assert client.get("/password/reset/").status_code == 404
    assert client.get("/email/").status_code == 404
    page = client.get("/sign-in/").content.decode()
    assert "/password/reset/" not in page
    assert "operator" in page


@pytest.fixture
def redis_away(settings: Settings) -> None:
    away = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}


@pytest.mark.usefixtures("redis_away")
def test_without_redis_a_password_signs_in_and_confirms(client: Client, ada: User) -> None:
    assert client.post("/sign-in/", {"login": "ada", "password": PASSWORD}).status_code == 302
    answer = client.post("/confirm/password/?next=/keys/", {"password": PASSWORD})
    assert answer["Location"] == "/keys/"
    assert client.post("/sign-out/")["Location"] == "/sign-in/"


@pytest.mark.usefixtures("redis_away")
@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/password/reset/", {"email": "ada@example.org"}),
        ("/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}),
        ("/email/", {"email": "ada@example.org", "action_add": ""}),
        ("/second-factor/totp/activate/", {"code": "123456"}),
    ],
)
def test_without_redis_other_pages_say_not_now(
    client: Client, ada: User, path: str, form: dict[str, str]
) -> None:
    sign_in(client, ada)
    answer = client.post(path, form)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Nothing was changed" in answer.content.decode()
    assert not mail.outbox


def test_one_adds_and_confirms_an_address(client: Client, ada: User) -> None:
    sign_in(client, ada)
    client.post("/email/", {"email": "ada@example.org", "action_add": ""})
    link = re.search(r"http://\S+(/email/\S+)", str(mail.outbox[-1].body))
    assert link
    assert "Confirm your address" in client.get(link[1]).content.decode()
    client.post(link[1])
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"


def test_an_address_is_not_changed_without_a_recent_password(client: Client, ada: User) -> None:
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    answer = client.post("/email/", {"email": "eve@example.org", "action_add": ""})
    assert answer["Location"].startswith("/confirm/password/")
    assert not mail.outbox


def test_a_changed_password_is_told_by_mail(client: Client, ada_with_mail: User) -> None:
    sign_in(client, ada_with_mail)
    client.get("/email/")
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/password/", form)["Location"] == "/preferences/"
    assert "password" in mail.outbox[-1].body
