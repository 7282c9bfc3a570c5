"""The catalogs of translations: what pages show in German, Vietnamese and Chinese."""

import gettext
from datetime import date

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from tests.config import catalogs
from tests.config.catalogs import LANGUAGES, PLACEHOLDER, Message

DOMAINS = ("django", "djangojs")
in_each_catalog = pytest.mark.parametrize(
    ("language", "domain"), [(language, name) for language in LANGUAGES for name in DOMAINS]
)


@pytest.mark.parametrize("domain", DOMAINS)
def test_each_marked_text_is_in_the_catalogs(domain: str) -> None:
    """`make messages` collects them."""
    marked = catalogs.list_marked(domain)
    assert len(marked) > 100
    for language in LANGUAGES:
        messages = {message[:2] for message in catalogs.read_catalog(language, domain)}
        assert (marked - messages, messages - marked) == (set(), set())


@in_each_catalog
def test_a_translation_has_the_values_of_its_text(language: str, domain: str) -> None:
    wrong = [
        (message.msgid, text)
        for message in catalogs.read_catalog(language, domain)
        for text in message.texts
        if text and not has_same_values(message, text)
    ]
    assert wrong == []


def has_same_values(message: Message, text: str) -> bool:
    """Tell whether a translation names each value; of a plural some may be in one form only."""
    names, wanted = set(PLACEHOLDER.findall(text)), set(PLACEHOLDER.findall(message.msgid))
    if message.plural:
        return names <= wanted | set(PLACEHOLDER.findall(message.plural))
    return names == wanted


@in_each_catalog
def test_nothing_is_fuzzy(language: str, domain: str) -> None:
    messages = catalogs.read_catalog(language, domain)
    assert [message.msgid for message in messages if message.is_fuzzy] == []


@in_each_catalog
def test_the_compiled_catalog_is_that_of_the_source(language: str, domain: str) -> None:
    """`make messages` compiles; a machine that only runs Fillwatch has no GNU gettext."""
    path = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / f"{domain}.mo"
    with path.open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    expected: dict[object, str] = {}
    for message in catalogs.read_catalog(language, domain):
        key = f"{message.context}\x04{message.msgid}" if message.context else message.msgid
        texts = dict(enumerate(message.texts))
        is_plural = (key, 0) in compiled
        expected |= {(key, n) if is_plural else key: text for n, text in texts.items() if text}
    compiled.pop("", None)
    assert compiled == expected


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", ["de", "vi", "zh_Hans"])
def test_nothing_is_missing(language: str, domain: str) -> None:
    messages = catalogs.read_catalog(language, domain)
    assert [message.msgid for message in messages if not all(message.texts)] == []


@pytest.mark.parametrize(("code", "language"), [("de", "de"), ("vi", "vi"), ("zh-hans", "zh_Hans")])
def test_months_of_scripts_are_those_of_the_server(code: str, language: str) -> None:
    """A script rewrites the times of a page: their months must not change under the reader."""
    texts = {one.msgid: one.texts[0] for one in catalogs.read_catalog(language, "djangojs")}
    for number in range(1, 13):
        month = date(2026, number, 1)
        with translation.override(code):
            assert date_format(month, "M") == texts[f"{month:%b}"]
