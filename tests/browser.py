"""A real browser on the real web server; skipped with a reason where there is no Chromium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def find_headless_browser() -> str | None:
    """Prefer Chromium without windows: it opens a tab in a fifth of the computing time."""
    return shutil.which("chromium-headless-shell") or find_chromium()


def require_browser(path: str | None) -> str:
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium chromium-headless-shell")
    return path


@contextmanager
def start_browser(path: str | None) -> Iterator["Browser"]:
    path = require_browser(path)
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's event loop runs in this thread; Django would take our queries for async.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, for one module: its start takes a second, and a tab of its own a tenth of that."""
    with start_browser(find_headless_browser()) as started:
        yield started


@pytest.fixture
def browser_page(browser: "Browser", web: str, transactional_db: None) -> Iterator["Page"]:
    """A tab; `page.goto("/…")` is relative to the real web server."""
    context = browser.new_context(base_url=web)
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
