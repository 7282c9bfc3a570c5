"""The pages in each language: no English is left, and long words fit a phone."""

import re
from typing import Final

import pytest

from exchanges.models import ExchangeKey
from tests.pages.conftest import Tab
from tests.pages.test_narrow import BEYOND, LONG, PAGES, WIDE, full, list_links

__all__ = ["full"]  # a fixture
pytestmark = pytest.mark.browser

ENGLISH: Final = re.compile(r"\b(the|and|with|your|are|this|from|when)\b")
STORED: Final = (LONG, "xxxxx", "SIMULATED")  # what somebody wrote, or what was stored


@pytest.mark.parametrize("language", ["de", "vi", "zh-hans"])
def test_pages_are_in_the_language(
    tab: Tab, key: ExchangeKey, full: list[str], language: str
) -> None:
    key.user.language = language
    key.user.save(update_fields=["language"])
    page = tab(key.user, viewport={"width": 360, "height": 844})
    beyond, english = {}, {}
    pages = [path for path in PAGES if not path.startswith("/api/")]
    for path in [*list_links(page), *pages, *full]:
        page.goto(path)
        assert page.get_attribute("html", "lang") == language
        lines = page.inner_text("body").splitlines()
        if left := [line for line in lines if ENGLISH.search(line) and not is_stored(line)]:
            english[path] = left
        if page.evaluate(WIDE) > 0:
            beyond[path] = page.evaluate(BEYOND)
    assert (english, beyond) == ({}, {})


def is_stored(line: str) -> bool:
    return any(text in line for text in STORED)
