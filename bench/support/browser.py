"""A Chromium of this machine, signed in at an installation that a measurement started."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.support.whole_installation import WholeInstallation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS: Final = 180_000  # a new installation is busy with its demo data at first


@contextmanager
def open_browser(*, has_windows: bool = True) -> Iterator["Browser"]:
    """Open Chromium as a person has it; without windows a tab opens in a third of the time."""
    from playwright.sync_api import sync_playwright

    from tests.browser import ARGUMENTS, find_chromium, find_headless_browser

    with sync_playwright() as playwright:
        path = find_chromium() if has_windows else find_headless_browser()
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(browser: "Browser", ours: WholeInstallation, user: str = "alice") -> list[Any]:
    """Sign in by the page's own form, and return the cookies of that session."""
    context = open_window(browser, ours, [])
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("[name=login]", user)
    page.fill("[name=password]", ours.password(user))
    page.click("button.main")
    page.wait_for_selector("#dot[data-state=live]")
    cookies = list(context.cookies())
    context.close()
    return cookies


def open_window(
    browser: "Browser", ours: WholeInstallation, cookies: list[Any], **options: Any
) -> "BrowserContext":
    """Open a window with these cookies, for tabs that may take long to answer."""
    context = browser.new_context(base_url=ours.url, **options)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies(cookies)
    return context


def save_picture(page: "Page", path: Path) -> None:
    """Save what the tab shows as WebP: Playwright's own call only knows PNG and JPEG."""
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": 60})
    path.write_bytes(base64.b64decode(taken["data"]))
    session.detach()
