"""With a second factor a password alone signs nobody in: not on the page, not by API."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.conftest import sign_in
from tests.users.conftest import PASSWORD, NewCode, Post, make_code
from users.models import User

FORM = {"login": "ada", "password": PASSWORD}
NAMES = {"username": "ada", "password": PASSWORD}
WRONG = "000000x"


def is_signed_in(client: Client) -> bool:
    return client.get("/api/v1/me/").status_code == 200


def recovery_code(user: User) -> str:
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return str(codes[0])


def test_the_page_asks_for_the_code_after_the_password(client: Client, new_code: NewCode) -> None:
    answer = client.post("/sign-in/?next=/bots/", FORM)
    assert answer["Location"] == "/second-factor/authenticate/"
    assert not is_signed_in(client)
    answer = client.post("/second-factor/authenticate/", {"code": new_code()})
    assert answer["Location"] == "/bots/"
    assert is_signed_in(client)


def test_a_wrong_code_signs_nobody_in(client: Client, new_code: NewCode) -> None:
    client.post("/sign-in/", FORM)
    page = client.post("/second-factor/authenticate/", {"code": WRONG}).content.decode()
    assert "This code is wrong" in page
    assert not is_signed_in(client)


def test_a_code_works_once(client: Client, new_code: NewCode) -> None:
    code = new_code()
    for expected in (True, False):
        browser = Client()
        browser.post("/sign-in/", FORM)
        browser.post("/second-factor/authenticate/", {"code": code})
        assert is_signed_in(browser) is expected


def test_a_recovery_code_works_once(ada: User, new_code: NewCode) -> None:
    code = recovery_code(ada)
    for expected in (True, False):
        browser = Client()
        browser.post("/sign-in/", FORM)
        browser.post("/second-factor/authenticate/", {"code": code})
        assert is_signed_in(browser) is expected


def test_nobody_reaches_the_code_without_the_password(client: Client, new_code: NewCode) -> None:
    answer = client.post("/second-factor/authenticate/", {"code": new_code()})
    assert answer["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_the_admin_takes_no_password_alone(client: Client, ada: User, new_code: NewCode) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    client.post("/admin/login/?next=/admin/", NAMES | FORM)
    assert client.get("/admin/").status_code == 302


def test_the_api_says_that_it_needs_a_code(post: Post, new_code: NewCode) -> None:
    answer = post("token", **NAMES)
    assert (answer.status_code, answer.json()["code"]) == (401, "code_needed")
    assert "access" not in answer.json()


def test_the_api_gives_tokens_for_password_and_code(post: Post, new_code: NewCode) -> None:
    assert post("token", **NAMES, code=new_code()).json().keys() == {"access", "refresh"}


def test_the_api_takes_a_recovery_code(ada: User, post: Post, new_code: NewCode) -> None:
    code = recovery_code(ada)
    assert post("token", **NAMES, code=code).status_code == 200
    assert post("token", **NAMES, code=code).status_code == 401


@pytest.mark.parametrize("code", [WRONG, "", "9" * 41, None, ["123456"], "١٢٣٤٥٦"])
def test_no_other_code_gives_tokens(post: Post, new_code: NewCode, code: object) -> None:
    assert post("token", **NAMES, code=code).status_code in (400, 401)


def test_a_wrong_password_does_not_tell_of_the_code(post: Post, new_code: NewCode) -> None:
    answer = post("token", username="ada", password="wrong", code=new_code())
    assert answer.json() == {"detail": "This name and password do not fit."}


def test_without_a_second_factor_a_code_is_not_asked_for(ada: User, post: Post) -> None:
    assert post("token", **NAMES).status_code == 200
    assert post("token", **NAMES, code="123456").status_code == 200


def test_the_last_sign_in_is_not_one_without_its_code(
    ada: User, post: Post, new_code: NewCode
) -> None:
    post("token", **NAMES)
    ada.refresh_from_db()
    assert ada.last_login is None


def test_wrong_codes_lock_the_name_as_wrong_passwords_do(
    client: Client, post: Post, new_code: NewCode
) -> None:
    statuses = [post("token", **NAMES, code=WRONG).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    assert post("token", **NAMES, code=new_code()).status_code == 429
    assert client.post("/sign-in/", FORM).status_code == 429


def test_wrong_codes_on_the_page_lock_too(client: Client, new_code: NewCode) -> None:
    client.post("/sign-in/", FORM)
    statuses = [
        client.post("/second-factor/authenticate/", {"code": WRONG}).status_code for _ in range(5)
    ]
    assert statuses == [200, 200, 200, 200, 429]
    assert client.post("/second-factor/authenticate/", {"code": new_code()}).status_code == 429
    assert not is_signed_in(client)


def test_codes_from_everywhere_together_are_limited(
    client: Client, post: Post, new_code: NewCode
) -> None:
    for n in range(10):
        body = NAMES | {"code": WRONG}
        address = f"10.0.0.{n}"
        client.post(
            "/api/v1/auth/token/", body, content_type="application/json", REMOTE_ADDR=address
        )
    answer = post("token", **NAMES, code=new_code())
    assert answer.status_code == 401
    assert "Too many wrong codes" in answer.json()["detail"]


def test_what_was_guessed_is_not_written_down(client: Client, new_code: NewCode) -> None:
    client.post("/sign-in/", FORM)
    client.post("/second-factor/authenticate/", {"code": "314159"})
    assert "314159" not in str(AccessAttempt.objects.values())


def test_while_redis_is_away_codes_wait_in_words(
    post: Post, new_code: NewCode, settings: Settings
) -> None:
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    answer = post("token", **NAMES, code=new_code())
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "Codes cannot be checked right now. Try again in a minute.",
    )


def test_an_app_is_set_up_on_the_page(client: Client, ada: User) -> None:
    sign_in(client, ada)
    page = client.get("/second-factor/totp/activate/").content.decode()
    secret = re.search(r'id="totp_secret" value="(\w+)"', page)
    assert secret
    answer = client.post("/second-factor/totp/activate/", {"code": make_code(secret[1])})
    assert answer["Location"] == "/second-factor/recovery-codes/"
    page = client.get("/second-factor/recovery-codes/").content.decode()
    assert len(re.findall(r"<code>\d{8}</code>", page)) == 10
    assert "On. The app shows" in client.get("/second-factor/").content.decode()


def test_it_is_switched_off_on_the_page(client: Client, ada: User, new_code: NewCode) -> None:
    sign_in(client, ada)
    client.post("/second-factor/totp/deactivate/")
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "path", ["totp/activate/", "totp/deactivate/", "recovery-codes/", "webauthn/add/"]
)
def test_none_of_it_without_a_recent_password(
    client: Client, ada: User, new_code: NewCode, path: str
) -> None:
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    answer = client.get(f"/second-factor/{path}", follow=True)
    assert "Confirm that it is you" in answer.content.decode()


def test_the_secrets_are_stored_encrypted(client: Client, ada: User) -> None:
    sign_in(client, ada)
    page = client.get("/second-factor/totp/activate/").content.decode()
    secret = re.search(r'id="totp_secret" value="(\w+)"', page)
    assert secret
    client.post("/second-factor/totp/activate/", {"code": make_code(secret[1])})
    assert secret[1] not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_another_secret_key_lets_nobody_in(
    post: Post, new_code: NewCode, settings: Settings, ada: User
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" + "y" * 50
    assert post("token", **NAMES, code=new_code()).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert post("token", **NAMES, code=new_code()).status_code == 401


def test_the_admin_shows_no_secret(admin_client: Client, ada: User, new_code: NewCode) -> None:
    row = Authenticator.objects.get(type="totp")
    page = admin_client.get(f"/admin/mfa/authenticator/{row.pk}/change/").content.decode()
    assert str(row.data["secret"]) not in page
    assert admin_client.get("/admin/mfa/authenticator/add/").status_code == 403


def test_an_operator_removes_a_lost_one(
    client: Client, pair: dict[str, str], ada: User, new_code: NewCode, capsys: Any
) -> None:
    sign_in(client, ada)
    call_command("remove_second_factor", "ada")
    assert "password alone" in capsys.readouterr().out
    assert not is_signed_in(client)
    assert client.post("/sign-in/", FORM)["Location"] == "/orders/"


def test_a_half_finished_sign_in_ends_by_itself(client: Client, new_code: NewCode) -> None:
    client.post("/sign-in/", FORM)
    session = client.session
    session["account_login"] = session["account_login"] | {
        "initiated_at": (timezone.now() - timedelta(minutes=16)).timestamp()
    }
    session.save()
    answer = client.post("/second-factor/authenticate/", {"code": new_code()})
    assert answer["Location"] == "/sign-in/"
    assert not is_signed_in(client)


@pytest.fixture(autouse=True)
def _fresh_limits(empty_redis: None) -> None:
    cache.clear()
