"""Signing in through an OpenID Connect provider, where the installation names one."""

from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.conftest import sign_in
from tests.users.conftest import PASSWORD, NewCode
from tests.users.sign_in.provider import CLIENT, Provider, run_provider
from users.invitations import actions
from users.models import User

pytestmark = pytest.mark.server
LOGIN = "/oidc/provider/login/"


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with run_provider() as running:
        settings.OIDC_URL = running.url
        app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"] | {
            "APPS": [
                {
                    "provider_id": "provider",
                    "name": "Our desk",
                    "client_id": CLIENT,
                    "secret": "s",
                    "settings": {"server_url": running.url},
                }
            ]
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": app}
        yield running


def come_back(client: Client, process: str = "login") -> Any:
    """Go to the provider and back, as a browser does; return the answer to the way back."""
    there = urlsplit(client.post(f"{LOGIN}?process={process}")["Location"])
    connection = HTTPConnection(there.netloc, timeout=10)
    connection.request("GET", f"{there.path}?{there.query}")
    back = urlsplit(connection.getresponse().headers["Location"])
    connection.close()
    return client.get(f"{back.path}?{back.query}")


def name_of(client: Client) -> str | None:
    answer = client.get("/api/v1/me/")
    return str(answer.json()["username"]) if answer.status_code == 200 else None


def test_without_a_provider_there_is_no_such_page(client: Client, ada: User) -> None:
    assert "Sign in with a passkey" in client.get("/sign-in/").content.decode()
    assert "oidc" not in client.get("/sign-in/").content.decode()
    assert client.post(LOGIN).status_code == 404
    sign_in(client, ada)
    assert client.get("/provider/").status_code == 404


def test_a_stranger_needs_an_invitation(client: Client, provider: Provider, db: None) -> None:
    assert "Sign in with Our desk" in client.get("/sign-in/").content.decode()
    assert "By invitation" in come_back(client).content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_with_one_invitation_one_gets_in(provider: Provider) -> None:
    User.objects.create_user("ada", email=provider.person["email"])  # so that a form is shown
    _, link = actions.invite(now=timezone.now())
    browsers, answers, start = {"one": Client(), "two": Client()}, list[str](), Barrier(2)
    for name, browser in browsers.items():
        provider.person["sub"] = name
        browser.get(urlsplit(link).path)
        assert come_back(browser)["Location"] == "/provider/sign-up/"

    def finish(name: str) -> None:
        start.wait()
        answer = browsers[name].post("/provider/sign-up/", {"username": name}, follow=True)
        answers.append(answer.request["PATH_INFO"])
        connection.close()

    threads = [Thread(target=finish, args=[name]) for name in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[0] == "/orders/"
    assert sorted(answers)[1] in ("/provider/sign-up/", "/sign-up/")
    assert User.objects.count() == 2


def test_with_the_setting_whom_the_provider_knows_may_come(
    client: Client, provider: Provider, settings: Settings, db: None
) -> None:
    settings.OIDC_SIGN_UP = True
    assert come_back(client)["Location"] == "/orders/"
    assert name_of(client) == "grace"
    assert not User.objects.get().has_usable_password()


def test_one_connects_ones_account_and_signs_in_with_it(
    client: Client, provider: Provider, ada: User
) -> None:
    sign_in(client, ada)
    assert "Connect Our desk" in client.get("/provider/").content.decode()
    assert come_back(client, "connect")["Location"] == "/provider/"
    stranger = Client()
    assert come_back(stranger)["Location"] == "/orders/"
    assert name_of(stranger) == "ada"


def test_connecting_takes_a_recent_password(client: Client, provider: Provider, ada: User) -> None:
    client.force_login(ada, "django.contrib.auth.backends.ModelBackend")
    answer = come_back(client, "connect")
    assert answer["Location"] == "/confirm/password/"
    assert not SocialAccount.objects.exists()
    client.post("/confirm/password/", {"password": PASSWORD})
    assert SocialAccount.objects.get().user == ada


def test_the_second_factor_counts_there_too(
    client: Client, provider: Provider, ada: User, new_code: NewCode
) -> None:
    sign_in(client, ada)
    come_back(client, "connect")
    browser = Client()
    assert come_back(browser)["Location"] == "/second-factor/authenticate/"
    assert name_of(browser) is None
    browser.post("/second-factor/authenticate/", {"code": new_code()})
    assert name_of(browser) == "ada"


def test_the_address_the_provider_tells_opens_nobody_elses_account(
    client: Client, provider: Provider, ada: User, settings: Settings
) -> None:
    settings.OIDC_SIGN_UP = True
    ada.email = provider.person["email"]
    ada.save()
    come_back(client)
    assert name_of(client) != "ada"


def test_a_switched_off_account_stays_out(client: Client, provider: Provider, ada: User) -> None:
    sign_in(client, ada)
    come_back(client, "connect")
    User.objects.update(is_active=False)
    browser = Client()
    assert come_back(browser)["Location"] == "/sign-in/inactive/"
    assert name_of(browser) is None
