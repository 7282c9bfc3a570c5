"""The page of the events in a real browser: for anybody, without JavaScript, on any screen."""

import pytest

from tests.pages.conftest import Tab

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_from_top_to_bottom(tab: Tab, viewport: dict[str, int], scheme: str) -> None:
    page = tab(None, "/api/events/#bye", viewport=viewport, color_scheme=scheme)
    assert page.locator("article.frame:target h3").inner_text() == "bye"
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    # What is pointed to is not hidden by what sticks to the top.
    top = page.locator("#bye").bounding_box()
    bars = page.locator(".top").bounding_box()
    assert top is not None
    assert bars is not None
    assert bars["height"] <= top["y"] < viewport["height"]


def test_it_needs_no_javascript(tab: Tab) -> None:
    page = tab(None, "/api/events/", java_script_enabled=False)
    assert page.locator("article.frame").count() > 30
    page.get_by_role("link", name="AsyncAPI document").click()
    page.wait_for_url("**/api/asyncapi.json")
