"""The language of a page: the person's, else the browser's; programs are answered in English."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from users.languages.recipient import speak_to
from users.models import Language, User

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
REQUIRED = "This field is required."  # Django's own words, which it brings translated


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def read_language(client: Client, address: str, **headers: str) -> str:
    page = client.get(address, headers={"Accept-Language": headers.get("accept", "")})
    assert "Accept-Language" in page["Vary"]
    return page.content.decode().split('<html lang="')[1].split('"')[0]


def test_a_browser_is_answered_in_its_language(client: Client) -> None:
    for asked, shown in (("de-AT", "de"), ("zh-CN", "zh-hans"), ("vi", "vi"), ("fr", "en")):
        assert read_language(client, "/sign-in/", accept=asked) == shown
    assert read_language(client, "/sign-in/", accept="") == "en"


def test_the_choice_of_a_person_wins(ada: Client, user: User) -> None:
    assert read_language(ada, "/preferences/", accept="de") == "de"
    assert ada.post("/preferences/", {"language": "vi"}).status_code == 302
    assert User.objects.get(pk=user.pk).language == "vi"
    assert read_language(ada, "/preferences/", accept="de") == "vi"
    assert ada.post("/preferences/", {"language": "tlh"}).status_code == 422


def test_each_language_is_offered_in_its_own_words(ada: Client) -> None:
    page = ada.get("/preferences/", headers=GERMAN).content.decode()
    for code, name in settings.LANGUAGES:
        assert f'<option value="{code}">{name}</option>' in page
    assert [choice for choice in Language.choices if choice[0]] == settings.LANGUAGES


def test_errors_of_a_form_are_in_that_language(client: Client, empty_redis: None) -> None:
    page = client.post("/sign-in/", {}, headers=GERMAN).content.decode()
    with translation.override("de"):
        assert REQUIRED not in page
        assert gettext(REQUIRED) in page
    assert REQUIRED in client.post("/sign-in/", {}).content.decode()


def test_a_program_is_answered_in_english(ada: Client, empty_redis: None) -> None:
    answer = ada.get("/api/v1/me/", headers=GERMAN)
    assert "Content-Language" not in answer
    refused = ada.post("/api/v1/auth/token/", {}, "application/json", headers=GERMAN)
    assert refused.json()["username"] == [REQUIRED]


def test_a_request_leaves_no_language_behind(client: Client) -> None:
    client.get("/sign-in/", headers=GERMAN)
    assert translation.get_language() == "en"


def test_numbers_look_the_same_in_each_language() -> None:
    template = Template("{{ number }} {{ share|floatformat:2 }}")
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            shown = template.render(Context({"number": Decimal("1234.50"), "share": 0.5}))
            assert shown == "1234.50 0.50"


def test_messages_are_in_the_language_of_who_gets_them(user: User) -> None:
    for chosen, spoken in (("de", "de"), ("", "en")):
        user.language = chosen
        with speak_to(user):
            assert translation.get_language() == spoken
    with speak_to(None):
        assert translation.get_language() == "en"
