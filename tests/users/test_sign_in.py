"""The sign-in page, the way out, and the headers that guard both."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.users.conftest import PASSWORD
from users.models import User

FORM = {"login": "ada", "password": PASSWORD}


def test_the_page_asks_for_a_name_and_a_password(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert 'name="login"' in page
    assert 'name="password"' in page


def test_the_right_password_leads_to_the_orders(client: Client, ada: User) -> None:
    answer = client.post("/sign-in/", FORM)
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_one_comes_back_to_the_page_one_wanted(client: Client, ada: User) -> None:
    answer = client.post("/sign-in/?next=/admin/", FORM)
    assert answer["Location"] == "/admin/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_nobody_is_sent_elsewhere(client: Client, ada: User, elsewhere: str) -> None:
    assert "evil" not in client.post(f"/sign-in/?next={elsewhere}", FORM)["Location"]


def test_signing_in_changes_the_session(client: Client, ada: User) -> None:
    planted = client.session
    planted.save()
    client.post("/sign-in/", FORM)
    assert client.session.session_key != planted.session_key


def test_signing_out_takes_a_post(client: Client, ada: User) -> None:
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    assert "Sign out?" in client.get("/sign-out/").content.decode()
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_the_forms_are_guarded_against_other_sites(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/sign-in/", FORM).status_code == 403
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    assert client.post("/api/v1/keys/", {}, content_type="application/json").status_code == 403


def test_a_changed_password_ends_the_session(client: Client, ada: User) -> None:
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/keys/").status_code == 200
    ada.set_password("something else 7")
    ada.save()
    assert client.get("/api/v1/keys/").status_code == 401


def test_one_changes_ones_password_and_other_sessions_end(client: Client, ada: User) -> None:
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.post("/sign-in/", FORM)
    assert 'name="oldpassword"' in client.get("/password/").content.decode()
    new = "something else 7"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/password/", form).status_code == 302
    assert client.get("/api/v1/keys/").status_code == 200
    assert elsewhere.get("/api/v1/keys/").status_code == 401


def test_strangers_have_no_password_to_change(client: Client, db: None) -> None:
    assert client.get("/password/")["Location"] == "/sign-in/?next=/password/"


def test_every_page_says_what_it_may_load(client: Client) -> None:
    policy = client.get("/sign-in/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_sign_in_page_obeys_the_policy(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page


def test_the_headers_of_a_page(client: Client) -> None:
    headers = client.get("/sign-in/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client, ada: User) -> None:
    client.post("/sign-in/", FORM)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_over_https_cookies_stay_there(client: Client, ada: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get("/sign-in/")
    client.post("/sign-in/", FORM)
    assert client.cookies["sessionid"]["secure"]
    assert client.cookies["csrftoken"]["secure"]


def allowed(client: Client) -> str | None:
    answer = client.get("/api/v1/keys/", headers={"Origin": "https://desk.example"})
    return answer.headers.get("Access-Control-Allow-Origin")


def test_no_other_origin_may_read_the_api(client: Client, db: None) -> None:
    assert allowed(client) is None


def test_an_origin_may_be_let_in_by_setting(client: Client, db: None, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://desk.example"]
    assert allowed(client) == "https://desk.example"


def test_operators_manage_users_in_the_admin(admin_client: Client, ada: User) -> None:
    page = admin_client.get(f"/admin/users/user/{ada.pk}/change/")
    assert page.status_code == 200
    assert ada.password not in page.content.decode()
