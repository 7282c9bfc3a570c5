"""The page of API tokens."""

import re

from django.test import Client

from exchanges.models import ExchangeKey
from tests.users.api_tokens.conftest import Call, MakeToken
from users.models import ApiToken, User

PAGE = "/api-tokens/"


def test_the_page_shows_a_new_token_once(
    browser: Client, call: Call, keys: list[ExchangeKey]
) -> None:
    form = {
        "name": "desk",
        "scopes": ["trade"],
        "days": "90",
        "keys": [str(keys[1].pk)],
        "networks": "127.0.0.1, 203.0.113.0/24",
    }
    answer = browser.post(PAGE, form)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    (text,) = re.findall(r'value="(fwt_[^"]+)"', answer.content.decode())
    assert call(text).status_code == 200
    page = browser.get(PAGE).content.decode()
    assert text not in page
    for words in ("desk", text[:10], "second", "127.0.0.1/32, 203.0.113.0/24", "last used"):
        assert words in page


def test_no_key_ticked_means_all_keys(browser: Client, keys: list[ExchangeKey]) -> None:
    browser.post(PAGE, {"name": "desk", "scopes": ["read"], "days": "7", "networks": ""})
    assert ApiToken.objects.get().key_ids is None
    assert "all keys" in browser.get(PAGE).content.decode()


def test_a_mistake_is_told_beside_its_field(browser: Client, make_token: MakeToken) -> None:
    make_token(name="desk")
    form = {"name": "desk", "scopes": ["read"], "days": "7"}
    taken = browser.post(PAGE, form)
    assert taken.status_code == 422
    assert "Another of your tokens has this name." in taken.content.decode()
    odd = browser.post(PAGE, form | {"networks": "example.org"})
    assert "“example.org” is no address" in odd.content.decode()
    assert browser.post(PAGE, form | {"scopes": ["operate"]}).status_code == 422
    assert browser.post(PAGE, form | {"days": "9999"}).status_code == 422
    assert ApiToken.objects.count() == 1


def test_the_page_revokes(browser: Client, make_token: MakeToken, call: Call, user: User) -> None:
    text = make_token(name="desk")
    address = f"{PAGE}{ApiToken.objects.get().pk}/revoke/"
    assert browser.post(address).status_code == 302
    assert call(text).status_code == 401
    assert "Revoked." in browser.get(PAGE).content.decode()
    browser.post(address)
    assert "revoked already" in browser.get(PAGE).content.decode()


def test_a_token_takes_a_recent_password(user: User, browser: Client) -> None:
    late = Client()
    late.force_login(user, "django.contrib.auth.backends.ModelBackend")
    page = late.get(PAGE).content.decode()
    assert 'name="scopes"' not in page
    assert "/confirm/?next=/api-tokens/" in page
    form = {"name": "desk", "scopes": ["read"], "days": "7"}
    assert late.post(PAGE, form)["Location"].startswith("/confirm/password/")
    assert not ApiToken.objects.exists()
    assert 'name="scopes"' in browser.get(PAGE).content.decode()


def test_strangers_are_sent_to_sign_in(client: Client, db: None) -> None:
    for method, path in (("get", PAGE), ("post", PAGE), ("post", f"{PAGE}1/revoke/")):
        assert getattr(client, method)(path)["Location"].startswith("/sign-in/")
